// cmd/conformance on Node: what its main namespace does, in the same Redis and with recovery.
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

export async function start(redisURL) {
  const redis = createClient({ url: redisURL });
  await redis.connect();
  const http = createServer();
  const server = new Server(http, {
    adapter: createAdapter(redis),
    connectionStateRecovery: { maxDisconnectionDuration: 120_000 },
  });
  const others = server.timeout(1500);
  server.on("cluster-note", (...args) => {
    const answer = typeof args.at(-1) === "function" ? args.pop() : undefined;
    server.local.emit("cluster-note-seen", ...args);
    answer?.("noted");
  });
  server.on("connection", (socket) => {
    socket.emit("auth", socket.handshake.auth);
    const on = (name, handler) => socket.on(name, handler);
    on("message", (...args) => socket.emit("message-back", ...args));
    on("shout", (name, ...args) => server.emit(name, ...args));
    on("join", (room, ack) => (socket.join(room), ack()));
    on("leave", (room, ack) => (socket.leave(room), ack()));
    on("shout-room", (room, name, ...args) => server.to(room).emit(name, ...args));
    on("bye", (close) => socket.disconnect(close));
    on("info", (ack) => ack({ id: socket.id, recovered: socket.recovered, rooms: [...socket.rooms].sort() }));
    on("cluster-fetch", async (room, ack) => ack((await server.in(room).fetchSockets()).map((s) => s.id)));
    on("cluster-ask", (name, ack) => others.emit(name, (error, answers) => ack(error ? String(error) : answers)));
    on("cluster-server-emit", (...args) => {
      const ack = args.pop();
      server.serverSideEmit("cluster-note", ...args, (error, answers) => ack(error ? String(error) : answers));
    });
    on("cluster-server-emit-noack", (...args) => server.serverSideEmit("cluster-note", ...args));
    on("cluster-except", (room, name, ...args) => server.except(room).emit(name, ...args));
    on("cluster-join", (target, room) => server.in(target).socketsJoin(room));
    on("cluster-leave", (target, room) => server.in(target).socketsLeave(room));
    on("cluster-kick", (target, close) => server.in(target).disconnectSockets(close));
  });
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${http.address().port}`,
    server,
    redis,
    close: async () => {
      await server.close();
      await redis.quit();
    },
  };
}
