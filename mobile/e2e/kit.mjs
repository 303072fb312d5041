// What the browser tests and the pictures share: a server of their own, browsers, and people who sign in.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

export const people = {
  customer: { email: 'customer@example.com', password: 'password123' },
  staff: { email: 'staff@example.com', password: 'staff123' },
  admin: { email: 'admin@example.com', password: 'admin123' },
};

export const patience = 20_000;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

let built;

// build makes the server once, in a folder that goes with this process.
function build() {
  if (built === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'desk-bin-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    built = join(folder, 'server');
    const made = spawnSync('go', ['build', '-o', built, './cmd/server'], { cwd: root, stdio: 'inherit' });
    if (made.status !== 0) {
      throw new Error('the server could not be built');
    }
  }
  return built;
}

// Desk is a server in a process of its own, with the demo accounts and a store in an empty folder.
export class Desk {
  // seed is how many bookings are made up before the server starts.
  static async start(env = {}, seed = 0) {
    const desk = new Desk();
    desk.folder = mkdtempSync(join(tmpdir(), 'desk-e2e-'));
    desk.port = await freePort();
    desk.url = `http://127.0.0.1:${desk.port}`;
    desk.env = env;
    desk.program = build();
    if (seed > 0) {
      const made = spawnSync(desk.program, ['seed', '--bookings', String(seed)], { env: { ...process.env, ...desk.settings() }, stdio: 'ignore' });
      if (made.status !== 0) {
        throw new Error('the bookings could not be made');
      }
    }
    await desk.begin();
    return desk;
  }

  settings() {
    return {
      HOST: '127.0.0.1',
      PORT: String(this.port),
      DATA_DIR: join(this.folder, 'data'),
      JWT_SECRET: 'a secret of the browser tests, long enough for all',
      LOG_FORMAT: 'json',
      LOGIN_LIMIT_ADDRESS: '100000/1m',
      ...this.env,
    };
  }

  async begin() {
    this.log = '';
    this.child = spawn(this.program, ['serve'], { env: { ...process.env, ...this.settings() } });
    this.child.stdout.on('data', (text) => (this.log += text));
    this.child.stderr.on('data', (text) => (this.log += text));
    const deadline = Date.now() + patience;
    for (;;) {
      const ready = await fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
      if (ready) {
        return;
      }
      if (Date.now() > deadline || this.child.exitCode !== null) {
        throw new Error(`the server is not ready:\n${this.log}`);
      }
      await pause(20); // the pace of asking
    }
  }

  async end(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
  }

  async close() {
    await this.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  // metric returns the sum of a figure's values, of those with a label where one is named.
  async metric(name, label = '') {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async call(method, path, token, body, headers = {}) {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }

  async login(who) {
    return (await this.call('POST', '/auth/login', undefined, who)).body.token;
  }
}

// eventually waits for what is bound to come true.
export async function eventually(what, check) {
  const deadline = Date.now() + patience;
  while (!(await check())) {
    if (Date.now() > deadline) {
      throw new Error(`${what} did not come true`);
    }
    await pause(50); // the pace of looking
  }
}

export function findChromium() {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (found === undefined && process.env.CI === 'true') {
    throw new Error('chromium is missing');
  }
  return found;
}

export function startBrowser() {
  return chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
}

// within gives up what is not done after a while: for much of what it asks of a browser, Playwright has no limit.
export async function within(what, work, limit = patience) {
  const watch = new AbortController();
  try {
    return await Promise.race([
      work,
      pause(limit, undefined, { signal: watch.signal }).then(() => {
        throw new Error(`${what}: nothing after ${limit} ms`);
      }),
    ]);
  } finally {
    watch.abort();
  }
}

// frameless tells whether a page answers and has no frames.
async function frameless(page, limit) {
  try {
    await within('an answer', page.evaluate(() => undefined), limit);
  } catch {
    return false;
  }
  return await within('a frame', page.evaluate(() => new Promise((frame) => requestAnimationFrame(() => frame(false)))), limit).catch(() => true);
}

// inBrowser runs something in a browser of its own. A headless Chromium (156, with software rendering) ceases at times to
// make frames, for good: three of 180 times here while a list of 1,600 was scrolled through. Its pages answer, and nothing
// moves any more. What fails in such a browser says nothing of the app and is run anew in another one, twice at most.
export async function inBrowser(run, limits = {}) {
  for (let more = 2; ; more--) {
    const browser = await startBrowser();
    try {
      return await within('all of it', run(browser), limits.limit ?? 600_000);
    } catch (error) {
      const pages = browser.contexts().flatMap((context) => context.pages());
      const still = await Promise.all(pages.map((page) => frameless(page, limits.patience)));
      if (more === 0 || !still.includes(true)) {
        throw error;
      }
      console.log(`The browser makes no frames any more (${error.message}): once more in another.`);
    } finally {
      await browser.close();
    }
  }
}

export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true };
export const desktop = { viewport: { width: 1280, height: 860 } };

// open gives somebody a browser of their own and shows them the app. What the page complains of is kept in page.complaints.
export async function open(browser, desk, options = desktop, path = '/') {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|WebSocket connection|net::ERR/.test(message.text())) {
      page.complaints.push(message.text());
    }
  });
  await page.goto(desk.url + path);
  return page;
}

export async function signIn(page, { email, password }) {
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
