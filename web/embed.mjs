// node embed.mjs DIST OUT.cpp: the built page as C++, every file gzipped, for src/serve/page.cpp.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const LIMIT = 100_000; // gzipped, all of it but /docs: a page over a slow line

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.yaml': 'application/yaml',
};

const [dist, out] = process.argv.slice(2);
const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((f) => f.isFile())
  .map((f) => join(f.parentPath ?? f.path, f.name))
  .sort();

let total = 0;
let docs = 0;
let arrays = '';
let rows = '';
files.forEach((file, i) => {
  const content = readFileSync(file);
  const zipped = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
  zipped[9] = 255; // the operating system that zipped: not said, so that builds are the same everywhere
  const path = '/' + relative(dist, file).replaceAll('\\', '/');
  if (path.startsWith('/docs/')) docs += zipped.length;
  else total += zipped.length;
  const type = TYPES[extname(file)];
  if (!type) throw new Error(`${file}: no content type is known for it`);
  const tag = createHash('sha256').update(content).digest('hex').slice(0, 32);
  const name = path === '/index.html' ? '/' : path === '/docs/index.html' ? '/docs' : path;
  arrays += `const unsigned char f${i}[] = {${[...zipped].join(',')}};\n`;
  rows += `    {"${name}", "${type}", "\\"${tag}\\"", {reinterpret_cast<const char*>(f${i}), sizeof f${i}}},\n`;
});
if (total > LIMIT) throw new Error(`the page is ${total} bytes gzipped; at most ${LIMIT} are allowed`);

writeFileSync(
  out,
  `// Made by web/embed.mjs.
#include "serve/page_files.hpp"
namespace tutti::serve {
namespace {
${arrays}const PageFile files[] = {
${rows}};
} // namespace
std::span<const PageFile> page_files() {
    return files;
}
} // namespace tutti::serve
`,
);
console.log(`page: ${files.length} files, ${total} bytes gzipped, and ${docs} of /docs`);
