#!/bin/sh
# make.sh TUTTI FOLDER: manual pages, completions and the changelog, as the package has them.
set -eu
here=$(dirname "$0")
tutti=$1
out=$2
for page in tutti.1 tutti-parent.1 tutti.toml.5; do
    /usr/bin/python3 "$here/man.py" "$tutti" "$here/../doc/man/$page.md" "$out/$page"
    gzip -9nf "$out/$page"
done
"$tutti" completion bash >"$out/tutti.bash"
"$tutti" completion zsh >"$out/_tutti"
"$tutti" completion fish >"$out/tutti.fish"
gzip -9nc "$here/deb/changelog" >"$out/changelog.Debian.gz"
