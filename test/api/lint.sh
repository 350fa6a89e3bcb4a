#!/bin/sh
# Lints api/openapi.yaml. The linter is installed beside the build, once.
set -eu
cd "$1"
home=build/api-lint
mkdir -p "$home"
if ! cmp -s test/api/package-lock.json "$home/package-lock.json" || [ ! -d "$home/node_modules/@redocly" ]; then
    cp test/api/package.json test/api/package-lock.json "$home/"
    npm ci --ignore-scripts --no-audit --no-fund --prefix "$home" >&2
fi
exec "$home/node_modules/.bin/redocly" lint api/openapi.yaml
