// A crowd of stock clients. It is told what to do by lines on its standard input, each a JSON object, and answers each with
// one: {do:'open', url, clients:[{token, transports}]} when all are connected, and on a WebSocket where they may be;
// {do:'report'} with the ledgers; {do:'close'} before it ends.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const { io } = createRequire(new URL('../clienttest/package.json', import.meta.url))('socket.io-client');
const ledgers = [];

function note(ledger, error) {
  const text = `${error?.description?.message ?? error?.message ?? error} ${error?.context?.responseText ?? ''}`.trim();
  if (text.includes('Session ID unknown')) ledger.unknown += 1;
  if (ledger.errors.length < 20) ledger.errors.push(text);
}

function open(url, { token, transports }) {
  const ledger = { connects: 0, recovered: 0, unknown: 0, online: {}, disconnects: [], codes: [], sids: [], errors: [], events: [], stats: 0, transport: '' };
  const socket = io(url, { auth: { token }, multiplex: false, forceNew: true, ...(transports ? { transports } : {}) });
  ledger.socket = socket;
  const done = new Promise((resolve) => {
    socket.on('connect', () => {
      ledger.connects += 1;
      if (socket.recovered) ledger.recovered += 1;
      const { engine } = socket.io;
      ledger.sids.push(engine.id);
      ledger.transport = engine.transport.name;
      if (ledger.transport === 'websocket' || transports?.length === 1) resolve();
      engine.on('upgrade', () => { ledger.transport = 'websocket'; resolve(); });
    });
  });
  socket.on('connect_error', (error) => note(ledger, error));
  socket.on('disconnect', (reason, details) => {
    ledger.disconnects.push(reason);
    ledger.codes.push(details?.context?.code ?? 0);
    if (details) note(ledger, details);
  });
  socket.onAny((name, payload) => {
    if (name === 'userOnline' || name === 'userOffline') (ledger.online[payload.userId] ??= []).push(name);
    else if (name === 'statsUpdated') ledger.stats += 1;
    else if (payload?.eventId) {
      ledger.events.push({ name, booking: payload.bookingId, id: payload.eventId, message: payload.messageId, oldStatus: payload.oldStatus, status: payload.status, version: payload.version });
    }
  });
  ledgers.push(ledger);
  return done;
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function ask(ledger, name, ...args) {
  return ledger.socket.timeout(5000).emitWithAck(name, ...args);
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === 'open') {
    const begun = [];
    for (const client of command.clients) {
      begun.push(open(command.url, client));
      if (begun.length % 20 === 0) await Promise.all(begun);
    }
    await Promise.all(begun);
    say({ open: ledgers.length });
  } else if (command.do === 'report') {
    say(ledgers.map(({ socket, ...rest }) => ({ ...rest, connected: socket.connected })));
  } else if (command.do === 'ask') {
    say(await ask(ledgers[command.client], command.name, ...command.args));
  } else if (command.do === 'drop') { // the line goes, as with a phone in a tunnel
    ledgers[command.client].socket.io.engine.close();
    say({});
  } else {
    for (const { socket } of ledgers) socket.disconnect();
    say({});
    process.exit(0);
  }
}
