// A Socket.IO server on Node in the same Redis, with one client of its own. It takes commands as lines of JSON, and writes
// what happens as lines of JSON.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import { io } from "socket.io-client";

const say = (what, ...values) => console.log(JSON.stringify([what, ...values], (_, v) => (v?.type === "Buffer" ? { bytes: v.data } : v)));
const redis = createClient({ url: process.argv[2] });
await redis.connect();
const http = createServer();
const server = new Server(http, { adapter: createAdapter(redis) });
server.on("connection", (socket) => socket.join(["all", "node"]));
server.on("note", (value, answer) => {
  say("note", value);
  answer?.({ noted: value });
});
await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
const client = io(`http://127.0.0.1:${http.address().port}`, { transports: ["websocket"] });
client.onAny((name, ...args) => {
  const answer = typeof args.at(-1) === "function" ? args.pop() : undefined;
  say("event", name, ...args);
  answer?.({ from: "node's client" });
});
client.on("disconnect", (reason) => say("disconnect", reason));
await new Promise((resolve) => client.on("connect", resolve));
say("ready", client.id);

const commands = {
  emit: (rooms, except, ...args) => server.to(rooms).except(except).emit(...args),
  bytes: () => server.emit("bytes", Buffer.from([1, 2, 3]), { deep: [Buffer.from("x")] }),
  join: (room, to) => server.in(room).socketsJoin(to),
  leave: (room, to) => server.in(room).socketsLeave(to),
  disconnect: (room) => server.in(room).disconnectSockets(true),
  note: (value) => server.serverSideEmit("note", value),
  fetch: async () => say("fetched", ...(await server.fetchSockets()).map((s) => ({ id: s.id, rooms: [...s.rooms], data: s.data })).sort((a, b) => a.id.localeCompare(b.id))),
  ask: async (value) => say("answers", ...(await server.serverSideEmitWithAck("note", value))),
  acks: async () => say("acks", ...(await server.timeout(5000).emitWithAck("question"))),
};
createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const [name, ...args] = JSON.parse(line);
    try {
      await commands[name](...args);
    } catch (error) {
      say("error", name, String(error));
    }
  })
  .on("close", () => process.exit());
