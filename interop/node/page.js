// What the scenarios of browser.mjs use in the page. It runs beside the client's bundle.

const quick = { forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 100, randomizationFactor: 0 };

// within is a promise with a deadline.
const within = (promise, what, ms = 15_000) => Promise.race([
  promise,
  new Promise((_, reject) => setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)),
]);

const event = (socket, name) => within(new Promise((resolve) => socket.once(name, (...args) => resolve(args))), `event ${name}`);
const ask = (socket, name, ...args) =>
  within(new Promise((resolve) => socket.emit(name, ...args, (...answer) => resolve(answer))), `ack of ${name}`);

// connect waits until a client is connected, by its best transport.
async function connect(url, options = {}) {
  const socket = (globalThis.client ?? globalThis).io(url, { ...quick, ...options });
  let upgraded;
  if (!options.transports) {
    upgraded = new Promise((resolve) => socket.io.on('open', () => socket.io.engine.once('upgrade', resolve)));
  }
  await event(socket, 'connect');
  if (upgraded) await within(upgraded, 'upgrade');
  if (!socket.connected) await event(socket, 'connect');
  return socket;
}

const bytes = (length) => Uint8Array.from({ length }, (_, i) => i * 7).buffer;

// plain makes values that can be handed to Node and compared: binary becomes the list of its bytes.
async function plain(value) {
  if (value instanceof Blob) value = await value.arrayBuffer();
  if (ArrayBuffer.isView(value)) value = value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  if (Array.isArray(value)) return Promise.all(value.map(plain));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([key, v]) => [key, await plain(v)])));
}
