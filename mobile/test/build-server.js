// The server that tests of the services talk to, built once, in a folder that goes with this process.

const { spawnSync } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

module.exports = () => {
  const folder = mkdtempSync(join(tmpdir(), 'desk-jest-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'server');
  const made = spawnSync('go', ['build', '-o', program, './cmd/server'], { cwd: join(__dirname, '../..'), stdio: 'inherit' });
  if (made.status !== 0) {
    throw new Error('the server could not be built');
  }
  process.env.DESK_SERVER = program;
};
