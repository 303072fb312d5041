// The server that tests of the services talk to, built once.

const { spawnSync } = require('node:child_process');
const { mkdtempSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

module.exports = () => {
  const program = join(mkdtempSync(join(tmpdir(), 'desk-jest-')), 'server');
  const made = spawnSync('go', ['build', '-o', program, './cmd/server'], { cwd: join(__dirname, '../..'), stdio: 'inherit' });
  if (made.status !== 0) {
    throw new Error('the server could not be built');
  }
  process.env.DESK_SERVER = program;
};
