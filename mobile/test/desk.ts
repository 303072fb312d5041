// A server in a process of its own, for tests of what talks to it.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'desk-test-'));
  port = 0;
  private child: ChildProcess | null = null;

  private constructor(private readonly env: Record<string, string>) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  // env is what the server is told beyond what every test needs.
  static async start(env: Record<string, string> = {}): Promise<Desk> {
    const desk = new Desk(env);
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    desk.port = (probe.address() as AddressInfo).port;
    probe.close();
    await once(probe, 'close');
    await desk.begin();
    return desk;
  }

  async begin(): Promise<void> {
    this.child = spawn(process.env.DESK_SERVER as string, ['serve'], {
      env: {
        ...process.env,
        HOST: '127.0.0.1',
        PORT: String(this.port),
        DATA_DIR: this.folder,
        JWT_SECRET: 'a secret of the tests, long enough for all of them',
        LOG_LEVEL: 'error',
        LOGIN_LIMIT_ADDRESS: '100000/1m',
        ...this.env,
      },
      stdio: 'ignore',
    });
    await until('the server', () => fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false));
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.child;
    this.child = null;
    if (child !== null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async call<T>(method: string, path: string, token?: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return (await answer.json()) as T;
  }

  // metric returns the sum of a figure's values, of those with a label where one is named.
  async metric(name: string, label = ''): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.split(' ').pop()), 0);
  }

  async login(email: string, password: string): Promise<string> {
    return (await this.call<{ token: string }>('POST', '/api/v1/auth/login', undefined, { email, password })).token;
  }
}

const patience = 15_000;

// until waits for what is bound to come true.
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await check())) {
    if (Date.now() > deadline) {
      throw new Error(`${what} did not come true`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10)); // the pace of looking
  }
}
