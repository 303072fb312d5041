// A desk of the scenarios' own, which they kill, stop and start anew on the same port and the same data. clients_test.go says
// which program it is and where its data are.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const patience = 30_000;

export class Desk {
  log = []; // what the desk of now has said
  #looking = new Set();

  // start returns when the desk answers.
  async start(settings = {}) {
    this.log = [];
    this.process = spawn(process.env.DESK_BINARY, {
      env: { ...process.env, PORT: new URL(process.env.DESK_URL).port, ...settings }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = once(this.process, 'exit');
    for (const out of [this.process.stdout, this.process.stderr]) {
      createInterface({ input: out }).on('line', (text) => {
        let line = { text };
        try {
          line = JSON.parse(text);
        } catch {
          // a line of another form has no message
        }
        this.log.push(line);
        for (const look of this.#looking) look();
      });
    }
    await this.says('it serves', (line) => line.message?.startsWith('Server running on port '));
  }

  // says waits for a line of the log.
  says(what, is) {
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(timer);
        this.#looking.delete(look);
        settle(value);
      };
      const timer = setTimeout(() => end(reject, new Error(`${what}: not said; ${JSON.stringify(this.log.slice(-20))}`)), patience);
      const look = () => {
        const line = this.log.find(is);
        if (line) end(resolve, line);
      };
      this.#looking.add(look);
      look();
    });
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  // stop ends the desk as an operator does.
  async stop() {
    this.process.kill('SIGTERM');
    const [code] = await this.ended;
    assert.equal(code, 0, `exit code after SIGTERM: ${JSON.stringify(this.log.slice(-20))}`);
  }
}
