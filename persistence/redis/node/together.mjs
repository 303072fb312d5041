// Two servers on Go and one on Node in one Redis, and stock clients on all of them: every operation in every direction.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { io } from "socket.io-client";
import { start } from "./conformance.mjs";

const [redisURL, ...goURLs] = process.env.TOGETHER.split(" ");
const node = await start(redisURL);
const at = { go: goURLs[0], go2: goURLs[1], node: node.url };
const patience = 15_000;
const clients = new Set();
const pause = () => new Promise((resolve) => setTimeout(resolve, 10)); // the pace of asking

// Client is a stock client that notes what it gets, and comes back only when it is told to.
class Client {
  constructor(where, options = {}) {
    this.socket = io(at[where], { transports: ["websocket"], reconnection: false, forceNew: true, auth: { from: where }, ...options });
    this.got = [];
    this.waiting = [];
    this.recovered = []; // as the client says, by connection
    this.socket.on("connect", () => (this.recovered.push(this.socket.recovered), this.wake()));
    this.socket.on("disconnect", () => this.wake());
    this.socket.onAny((name, ...args) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : undefined;
      this.got.push([name, ...args]);
      ack?.(`ack of ${this.name}`);
      this.wake();
    });
    this.name = where;
    clients.add(this);
  }
  wake() {
    for (const check of [...this.waiting]) check();
  }
  until(what, ok) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.waiting.splice(this.waiting.indexOf(check), 1);
        settle(value);
      };
      const check = () => ok() && done(resolve);
      const timer = setTimeout(() => done(reject, new Error(`${this.name}: no ${what}; got ${JSON.stringify(this.got)}`)), patience);
      this.waiting.push(check);
      check();
    });
  }
  async connected(times = 1) {
    await this.until("connection", () => this.recovered.length >= times && this.socket.connected);
    return this;
  }
  gets(name) {
    return this.until(name, () => this.got.some((e) => e[0] === name));
  }
  event(name) {
    return this.got.find((e) => e[0] === name)?.slice(1);
  }
  ask(...args) {
    return this.socket.timeout(patience).emitWithAck(...args);
  }
  // lose breaks the connection, back connects to where that may be another server.
  async lose() {
    this.socket.io.engine.close();
    await this.until("end", () => !this.socket.connected);
    while (!(await node.redis.exists(`sio:session:${this.socket._pid}`))) {
      await pause(); // its server has not left it yet
    }
    this.got = [];
  }
  async back(where) {
    const times = this.recovered.length + 1;
    this.name = where;
    this.socket.io.uri = at[where];
    this.socket.connect();
    await this.connected(times);
    return this.recovered.at(-1);
  }
  // names are those of the events up to one, without offsets.
  async names(last) {
    await this.gets(last);
    return this.got.map((e) => e[0]).filter((n) => n !== "auth");
  }
}

const open = (where, options) => new Client(where, options).connected();
const close = (...clients) => clients.forEach((c) => c.socket.disconnect());
const bare = (args) => args.filter((a) => !/^[0-9]+-[0-9]+$/.test(a)); // without the offset
let marks = 0;

// settle has everything that was emitted before arrive.
async function settle(by, ...clients) {
  const mark = `mark ${++marks}`;
  by.socket.emit("shout", mark);
  await Promise.all(clients.map((c) => c.gets(mark)));
}

before(async () => {
  // A Node server loses what is written between its first looks at the stream. Then until each is asked by the others.
  const all = await Promise.all(Object.keys(at).map((w) => open(w)));
  for (const by of all) {
    for (const c of all) {
      while (!c.got.some((e) => e[0] === `warm ${by.name}`)) {
        by.socket.emit("shout", `warm ${by.name}`);
        await pause();
      }
    }
    for (let answers = []; answers.length !== 2; ) answers = await by.ask("cluster-server-emit");
  }
  close(...all);
});
after(() => {
  close(...clients); // of a test that went wrong
  return node.close();
});

for (const [from, to] of [["go", "node"], ["node", "go"], ["go", "go2"]]) {
  describe(`from ${from} to ${to}`, () => {
    test("broadcasts, rooms, exceptions, bytes", async () => {
      const [a, b] = await Promise.all([open(from), open(to)]);
      await b.ask("join", "red");
      a.socket.emit("shout", "all", 1, "2", { c: [null, true] });
      a.socket.emit("shout-room", "red", "red", "x");
      a.socket.emit("cluster-except", "red", "not red");
      a.socket.emit("shout", "bytes", Buffer.from([1, 2, 3]), { deep: [Buffer.from("x")] });
      await settle(a, a, b);
      for (const c of [a, b]) {
        assert.deepEqual(bare(c.event("all")), [1, "2", { c: [null, true] }]);
        const [first, { deep }] = c.event("bytes");
        assert.deepEqual([[...first], [...deep[0]]], [[1, 2, 3], [120]]);
        assert.equal(c.got.filter((e) => e[0] === "all").length, 1);
      }
      assert.equal(a.event("red"), undefined);
      assert.deepEqual(bare(b.event("red")), ["x"]);
      assert.ok(a.event("not red"));
      assert.equal(b.event("not red"), undefined);
      close(a, b);
    });

    test("servers ask each other, and their clients", async () => {
      const [a, b] = await Promise.all([open(from), open(to)]);
      assert.deepEqual(await a.ask("cluster-server-emit", 1), ["noted", "noted"]);
      await b.gets("cluster-note-seen");
      assert.deepEqual(b.event("cluster-note-seen"), [1]);
      a.socket.emit("cluster-server-emit-noack", "no answer");
      await b.until("note", () => b.got.some((e) => e[0] === "cluster-note-seen" && e[1] === "no answer"));
      const answers = await a.ask("cluster-ask", "question");
      assert.deepEqual(answers.toSorted(), [`ack of ${from}`, `ack of ${to}`].toSorted());
      close(a, b);
    });

    test("sockets are found, moved and ended", async () => {
      const [a, b] = await Promise.all([open(from), open(to)]);
      a.socket.emit("cluster-join", b.socket.id, "blue");
      await settle(a, a, b);
      assert.deepEqual(await a.ask("cluster-fetch", "blue"), [b.socket.id]);
      assert.deepEqual((await b.ask("info")).rooms, [b.socket.id, "blue"].sort());
      a.socket.emit("cluster-leave", b.socket.id, "blue");
      await settle(a, a, b);
      assert.deepEqual(await a.ask("cluster-fetch", "blue"), []);
      a.socket.emit("cluster-kick", b.socket.id);
      await b.until("end", () => !b.socket.connected);
      assert.equal(await b.back(to), false); // it was ended for good
      close(a, b);
    });

    test("a lost connection goes on elsewhere, and back", async () => {
      const [a, b, c] = await Promise.all([open(from), open(to), open(from)]);
      await c.ask("join", "red");
      const { id } = c.socket;
      for (const [lostAt, backAt, by] of [[from, to, a], [to, from, b]]) {
        await settle(a, a, b, c);
        await c.lose();
        by.socket.emit("shout", "all", lostAt);
        by.socket.emit("shout-room", "red", "red");
        by.socket.emit("shout-room", "green", "green");
        by.socket.emit("cluster-except", "red", "not red");
        by.socket.emit("shout-room", id, "direct", Buffer.from([7]));
        await settle(by, a, b);
        assert.equal(await c.back(backAt), true, `from ${lostAt} to ${backAt}`);
        by.socket.emit("shout", "live");
        assert.deepEqual((await c.names("live")).filter((n) => !n.startsWith("mark")), ["all", "red", "direct", "live"]);
        assert.deepEqual([...c.event("direct")[0]], [7]);
        const info = await c.ask("info");
        assert.deepEqual([info.id, info.recovered, info.rooms], [id, true, [id, "red"].sort()]);
        c.got = [];
      }
      close(a, b, c);
    });

    test("who cannot be told what it missed begins anew", async () => {
      const [a, b] = await Promise.all([open(from), open(to)]);
      for (const offset of ["1-1", "9999999999999-0", "nothing", "", undefined]) {
        const c = await open(from);
        await c.gets("auth");
        const { id } = c.socket;
        await c.lose();
        c.socket._lastOffset = offset;
        const recovered = await c.back(to);
        // Only a Go server's own clients need no offset: it knows what they were sent.
        assert.equal(recovered, from !== "node" && to !== "node" && !offset, String(offset));
        assert.equal(c.socket.id === id, recovered);
        close(c);
      }
      close(a, b);
    });
  });
}

test("what is not to be replayed", async () => {
  // Node replays volatile events and questions. We do not.
  const [a, c] = await Promise.all([open("node"), open("node")]);
  await c.gets("auth");
  await settle(a, a, c);
  await c.lose();
  node.server.volatile.emit("volatile");
  node.server.to(c.socket.id).timeout(1000).emit("question", () => {});
  node.server.emit("kept");
  await settle(a, a);
  assert.equal(await c.back("go"), true);
  a.socket.emit("shout", "live");
  assert.deepEqual((await c.names("live")).filter((n) => !n.startsWith("mark")), ["kept", "live"]);
  close(a, c);
});

test("Node finds our sockets as it finds its own", async () => {
  const [ours, its] = await Promise.all([open("go", { auth: { a: 1 }, query: { q: "x" } }), open("node", { auth: { a: 1 }, query: { q: "x" } })]);
  const all = await node.server.fetchSockets();
  const [one, other] = [ours, its].map((c) => all.find((s) => s.id === c.socket.id));
  const form = (h) => Object.fromEntries(Object.entries(h).map(([key, v]) => [key, typeof v]));
  assert.deepEqual(form(one.handshake), form(JSON.parse(JSON.stringify({ ...other.handshake }))));
  const { headers, time, address, xdomain, secure, issued, url, query, auth } = one.handshake;
  assert.equal(headers.upgrade, "websocket");
  assert.equal(headers.host, new URL(at.go).host);
  assert.ok(Math.abs(Date.now() - issued) < 60_000);
  assert.equal(Math.floor(new Date(time).getTime() / 1000), Math.floor(issued / 1000));
  assert.equal(address, "127.0.0.1");
  assert.deepEqual([xdomain, secure, auth], [false, false, { a: 1 }]);
  assert.deepEqual([query.q, query.EIO, query.transport], ["x", "4", "websocket"]);
  assert.ok(url.startsWith("/socket.io/?"));
  one.emit("to one");
  await ours.gets("to one");
  close(ours, its);
});

test("emitters of any language reach our clients", async () => {
  const [a, b] = await Promise.all([open("go"), open("go2")]);
  await b.ask("join", "red");
  const add = (type, data) => node.redis.xAdd("socket.io", "*", { uid: "emitter", nsp: "/", type, data });
  const opts = (rooms = [], except = []) => ({ rooms, except, flags: {} });
  const packet = (...data) => ({ type: 2, data, nsp: "/" });
  await add("3", JSON.stringify({ packet: packet("all", { x: 1 }), opts: opts() }));
  await add("3", JSON.stringify({ packet: packet("red"), opts: opts(["red"]) }));
  await add("3", JSON.stringify({ packet: packet("not red"), opts: opts([], ["red"]) }));
  // {packet:{type:2,data:["bytes",<01 02 03>],nsp:"/"},opts:{rooms:[],except:[],flags:{}}}
  const bytes = "82a67061636b657483a47479706502a46461746192a56279746573c403010203a36e7370a12fa46f70747383a5726f6f6d7390a665786365707490a5666c61677380";
  await add("3", Buffer.from(bytes, "hex").toString("base64"));
  await add("4", JSON.stringify({ opts: opts(["red"]), rooms: ["blue"] }));
  await add("5", JSON.stringify({ opts: opts(["blue"]), rooms: ["red"] }));
  await add("3", JSON.stringify({ packet: packet("blue"), opts: opts(["blue"]) }));
  await add("9", JSON.stringify({ packet: ["cluster-note", "from an emitter"] }));
  await a.gets("cluster-note-seen");
  await settle(a, a, b);
  assert.deepEqual(bare(a.event("all")), [{ x: 1 }]);
  assert.deepEqual([...b.event("bytes")[0]], [1, 2, 3]);
  assert.deepEqual(a.event("cluster-note-seen"), ["from an emitter"]);
  assert.deepEqual((await b.ask("info")).rooms, [b.socket.id, "blue"].sort());
  for (const [name, of] of [["red", b], ["not red", a], ["blue", b]]) {
    assert.ok(of.event(name), name);
    assert.equal((of === a ? b : a).event(name), undefined, name);
  }
  await b.lose();
  await add("3", JSON.stringify({ packet: packet("missed"), opts: opts(["blue"]) }));
  await settle(a, a);
  assert.equal(await b.back("go"), true);
  await b.gets("missed");
  await add("6", JSON.stringify({ opts: opts(["blue"]), close: true }));
  await b.until("end", () => !b.socket.connected);
  close(a);
});

// The last one: it empties Redis.
test("a Redis that was emptied has nobody resume", async () => {
  for (const [from, to] of [["go", "go"], ["go", "go2"], ["node", "go"]]) {
    const c = await open(from);
    await c.gets("auth");
    await settle(c, c);
    await node.redis.flushAll();
    await c.lose();
    assert.equal(await c.back(to), false, `from ${from} to ${to}`);
    close(c);
  }
});
