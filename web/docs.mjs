// node docs.mjs OUT: what /docs consists of.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const out = process.argv[2];
const theirs = 'node_modules/swagger-ui-dist';
mkdirSync(out, { recursive: true });
for (const file of [
  'docs/index.html',
  'docs/docs.css',
  'docs/start.js',
  `${theirs}/swagger-ui.css`,
  `${theirs}/swagger-ui-bundle.js`,
  '../api/openapi.yaml',
])
  copyFileSync(file, join(out, basename(file)));

const said = ['NOTICE', 'LICENSE', 'swagger-ui-bundle.js.LICENSE.txt'];
writeFileSync(join(out, 'licences.txt'), said.map((file) => readFileSync(join(theirs, file), 'utf8')).join('\n'));
