// Exports the app for the web and packs it for the server:
//
//   node scripts/build-web.mjs          writes ../http/webapp/dist
//   node scripts/build-web.mjs --check  fails where the committed build is not what the sources make
//
// dist holds each file compressed (path.br and path.gz) or, where that gains nothing, as it is, and build.json: the hash
// of the sources and that of every file before it was packed.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { sha256, sourcesHash } from './sources.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, '../http/webapp/dist');

// Expo's own notes about an export; the server has no use for them.
const leftOut = new Set(['metadata.json']);

function exportWeb(folder) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('EXPO_PUBLIC_')));
  const { status } = spawnSync('npx', ['expo', 'export', '--platform', 'web', '--clear', '--output-dir', folder], {
    cwd: root,
    env: { ...env, CI: '1', EXPO_OFFLINE: '1', EXPO_NO_TELEMETRY: '1', NODE_ENV: 'production' },
    stdio: 'inherit',
  });
  if (status !== 0) {
    throw new Error(`expo export ended with ${status}`);
  }
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .filter((path) => !leftOut.has(path))
    .sort();
}

const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
const gzip = (bytes) => gzipSync(bytes, { level: 9 });

// pack returns the forms in which a file is stored, by the ending of their names.
function pack(bytes) {
  const zipped = gzip(bytes);
  return zipped.length < bytes.length * 0.9 ? { '.br': brotli(bytes), '.gz': zipped } : { '': bytes };
}

function read(folder) {
  return filesOf(folder).map((path) => ({ path, bytes: readFileSync(join(folder, path)) }));
}

const record = (files) => ({
  sources: sourcesHash(root),
  files: files.map(({ path, bytes }) => ({ path, sha256: sha256(bytes), packed: Object.keys(pack(bytes)).length > 1 })),
});

function write(files) {
  rmSync(dist, { recursive: true, force: true });
  let first = 0;
  for (const { path, bytes } of files) {
    const forms = pack(bytes);
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    for (const [ending, form] of Object.entries(forms)) {
      writeFileSync(join(dist, path + ending), form);
    }
    if (/\.(html|js|css)$/.test(path)) {
      first += forms['.gz']?.length ?? bytes.length;
    }
  }
  writeFileSync(join(dist, 'build.json'), `${JSON.stringify(record(files), null, 2)}\n`);
  console.log(`${files.length} files; pages and scripts are ${(first / 1024).toFixed(0)} KB with gzip`);
}

function check(files) {
  const committed = JSON.parse(readFileSync(join(dist, 'build.json'), 'utf8'));
  const made = record(files);
  if (JSON.stringify(committed) !== JSON.stringify(made)) {
    console.error('http/webapp/dist is not what mobile/ makes: run just mobile and commit the result.', { committed, made });
    process.exitCode = 1;
    return;
  }
  console.log('http/webapp/dist is what mobile/ makes.');
}

const folder = mkdtempSync(join(tmpdir(), 'desk-web-'));
try {
  exportWeb(folder);
  (process.argv.includes('--check') ? check : write)(read(folder));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
