// What a web build is made from, as one number. http/webapp/webapp_test.go computes the same one in Go.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// Files and folders under mobile/ that end up in a build, or decide what does.
const sources = ['app.json', 'index.ts', 'metro.config.js', 'package-lock.json', 'package.json', 'public', 'src', 'tsconfig.json'];

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

function* filesIn(root, path) {
  if (!statSync(join(root, path)).isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(join(root, path))) {
    yield* filesIn(root, `${path}/${name}`);
  }
}

// sourcesHash is the SHA-256 of lines "<sha256 of the file>  <path>", in the byte order of their paths.
export function sourcesHash(root) {
  const paths = sources.flatMap((source) => [...filesIn(root, source)]).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return sha256(paths.map((path) => `${sha256(readFileSync(join(root, path)))}  ${path}\n`).join(''));
}
