// Socket.IO as its makers ship it, with one event: fan, which it answers with bookingUpdated to everybody. Without
// compression, which is their default, too. With -secret, CONNECT must carry a token (JWT, HS256) that holds.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import jwt from 'jsonwebtoken';
import { Server } from 'socket.io';

/** Ends the program with one sentence about its command line. */
function misused(sentence) {
  console.error(`node: ${sentence}`);
  process.exit(2);
}

/** Where to listen and what to check tokens with, of the command line; one dash is as good as two. */
function settings() {
  const args = process.argv.slice(2).map((arg) => (/^-[a-z]{2}/.test(arg) ? `-${arg}` : arg));
  try {
    const { values } = parseArgs({ args, options: { addr: { type: 'string' }, secret: { type: 'string', default: '' } } });
    const addr = values.addr ?? `127.0.0.1:${process.env.PORT ?? '3000'}`;
    const [, host, port] = /^\[?(.*?)\]?:(\d{1,5})$/.exec(addr) ?? [];
    if (port === undefined || Number(port) > 65535) {
      misused(`-addr ${JSON.stringify(addr)}: must be a host and a port, such as 127.0.0.1:3000.`);
    }
    return { host: host || undefined, port: Number(port), secret: values.secret };
  } catch (error) {
    misused(error.message);
  }
}

/** Refuses a socket whose token does not hold. */
function checked(secret) {
  return (socket, next) => {
    const refuse = (code) => next(Object.assign(new Error('Authentication error'), { data: { code } }));
    const token = socket.handshake.auth.token;
    if (typeof token !== 'string' || token === '') {
      return refuse('missing_token');
    }
    try {
      const claims = jwt.verify(token, secret, { algorithms: ['HS256'] });
      return typeof claims.exp === 'number' ? next() : refuse('invalid_token');
    } catch {
      return refuse('invalid_token');
    }
  };
}

const { host, port, secret } = settings();
const server = createServer();
const io = new Server(server, { cors: { origin: '*' }, perMessageDeflate: false });
if (secret !== '') {
  io.use(checked(secret));
}
io.on('connection', (socket) => {
  socket.on('fan', (payload) => io.emit('bookingUpdated', payload));
});
server.on('error', (error) => {
  console.error(`node: listen: ${error.message}`);
  process.exit(1);
});
server.listen(port, host, () => {
  const at = server.address();
  const name = at.family === 'IPv6' ? `[${at.address}]` : at.address;
  console.log(`Node server listening on http://${name}:${at.port}`);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => process.exit(0));
}
