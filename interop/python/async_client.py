"""python-socketio's AsyncClient against the conformance server. Run by go test; README.md says how by hand."""

import asyncio
import time
import unittest

import socketio

from kit import DEADLINE, FAST, INTERVALS, QUICK, TRANSPORTS, VALUES, Cases, Server, by_each, used


class Heard:
    """Keeps what a client hears, by event."""

    def __init__(self, client, *events, namespace="/"):
        self.queues = {event: asyncio.Queue() for event in events}
        for event in events:
            client.on(event, self._keep(event), namespace=namespace)

    def _keep(self, event):
        async def keep(*args):
            await self.queues[event].put(args)

        return keep

    async def next(self, event):
        return await asyncio.wait_for(self.queues[event].get(), DEADLINE)


class Scenario(Cases, unittest.IsolatedAsyncioTestCase):
    def client(self, **options):
        client = socketio.AsyncClient(**{**QUICK, **options})
        self.addAsyncCleanup(client.shutdown)
        return client

    async def connect(self, url, transports=None, client=None, **options):
        client = client or self.client()
        await client.connect(url, transports=transports, wait_timeout=DEADLINE, **options)
        return client

    async def server(self, **flags):
        """A server, away from the event loop: heartbeats go on meanwhile."""
        return await asyncio.to_thread(lambda: Server(**flags))


class Shared(Scenario):
    """Scenarios that leave the server as it is."""

    @classmethod
    def setUpClass(cls):
        cls.shared = Server()
        cls.addClassCleanup(cls.shared.stop)
        cls.url = cls.shared.url

    @by_each
    async def test_connect(self, name, transports):
        client = await self.connect(self.url, transports)
        self.assertEqual(client.transport(), used(name))
        sid = client.get_sid()
        want = {"id": sid, "transport": used(name), "recovered": False, "eio": 4, "rooms": [sid]}
        self.assertEqual(await client.call("info", timeout=DEADLINE), want)

    @by_each
    async def test_events(self, name, transports):
        client = self.client()
        heard = Heard(client, "message-back", "auth")
        await self.connect(self.url, transports, client, auth={"token": "é"})
        self.assertEqual(await heard.next("auth"), ({"token": "é"},))
        for what, args in VALUES.items():
            with self.subTest(what):
                await client.emit("message", args)
                self.assertEqual(await heard.next("message-back"), args)
                answer = await client.call("echo", args, timeout=DEADLINE)
                self.assertEqual(answer if isinstance(answer, tuple) else (answer,), args)

    @by_each
    async def test_many(self, name, transports):
        client = self.client()
        # Its handlers run as tasks of their own, which may end in another order than they began.
        heard = Heard(client, "message-back")
        await self.connect(self.url, transports, client)
        # It takes 16 packets in one polling answer, and an attachment is one. The greeting may be among them: it was when
        # rounds of eight failed.
        for first in range(0, 160, 5):
            for n in range(first, first + 5):
                await client.emit("message", (n, b"x" * (n % 50)))
            got = sorted([await heard.next("message-back") for _ in range(5)])
            self.assertEqual(got, [(n, b"x" * (n % 50)) for n in range(first, first + 5)])

    @by_each
    async def test_asked_by_the_server(self, name, transports):
        client = self.client()
        heard = Heard(client, "answer")

        async def question(value):
            return value

        client.on("question", question)
        await self.connect(self.url, transports, client)
        for value in ["a word", 17, {"deep": [1]}, b"bytes", {"in": [b"1", b"2"]}]:
            await client.emit("ask", value)
            self.assertEqual(await heard.next("answer"), (value,))

    @by_each
    async def test_namespaces(self, name, transports):
        client = self.client()
        custom = Heard(client, "auth", namespace="/custom")
        await self.connect(self.url, transports, client, auth={"me": 1}, namespaces=["/", "/custom"])
        self.assertEqual(await custom.next("auth"), ({"me": 1},))
        self.assertEqual(await client.call("echo", (b"x", 2), namespace="/custom", timeout=DEADLINE), (b"x", 2))
        good = await self.connect(self.url, transports, auth={"token": "good"}, namespaces=["/secure"])
        self.assertIn("/secure", good.namespaces)

    @by_each
    async def test_refusals(self, name, transports):
        client = self.client()
        secure = Heard(client, "connect_error", namespace="/secure")
        unknown = Heard(client, "connect_error", namespace="/random")
        with self.assertRaises(socketio.exceptions.ConnectionError):
            await self.connect(self.url, transports, client, auth={"token": "bad"}, namespaces=["/", "/secure", "/random"], retry=False)
        self.assertEqual(await secure.next("connect_error"), ({"message": "not authorized", "data": {"code": 401}},))
        self.assertEqual(await unknown.next("connect_error"), ({"message": "Invalid namespace"},))

    @by_each
    async def test_rooms(self, name, transports):
        room = f"room by {name}"
        clients = [self.client() for _ in range(3)]
        heard = [Heard(client, room) for client in clients]
        await asyncio.gather(*(self.connect(self.url, transports, client) for client in clients))
        a, b, c = clients
        await asyncio.gather(a.call("join", room, timeout=DEADLINE), b.call("join", room, timeout=DEADLINE))
        await c.emit("shout-room", (room, room, b"bytes", "and more"))
        self.assertEqual(await heard[0].next(room), (b"bytes", "and more"))
        self.assertEqual(await heard[1].next(room), (b"bytes", "and more"))
        await b.call("leave", room, timeout=DEADLINE)
        await a.emit("shout-room", (room, room, 2))
        self.assertEqual(await heard[0].next(room), (2,))
        await a.emit("shout", (room, 3))
        self.assertEqual([await h.next(room) for h in heard], [(3,)] * 3)

    @by_each
    async def test_ends(self, name, transports):
        for close in (False, True):
            client = self.client()
            heard = Heard(client, "disconnect")
            await self.connect(self.url, transports, client)
            await client.emit("bye", close)
            self.assertEqual(await heard.next("disconnect"), (client.reason.SERVER_DISCONNECT,))
        client = self.client()
        heard = Heard(client, "disconnect")
        await self.connect(self.url, transports, client)
        await client.disconnect()
        self.assertEqual(await heard.next("disconnect"), (client.reason.CLIENT_DISCONNECT,))


class Own(Scenario):
    """Scenarios with servers of their own."""

    @by_each
    async def test_payload_limit(self, name, transports):
        limit = 200_000
        server = await self.server(max_payload=limit, ping_interval="1s", ping_timeout="1s")
        client = self.client()
        heard = Heard(client, "connect", "disconnect")
        await self.connect(server.url, transports, client)
        await heard.next("connect")
        text = "x" * int(0.9 * limit)
        self.assertEqual(await client.call("echo", text, timeout=DEADLINE), text)
        await client.emit("message", "x" * int(1.1 * limit))
        self.assertEqual(await heard.next("disconnect"), (client.reason.TRANSPORT_ERROR,))
        await heard.next("connect")
        self.assertEqual(await client.call("echo", "back", timeout=DEADLINE), "back")

    async def test_heartbeats(self):
        # As in sync_client.py: all transports at once, and three tries.
        server = await self.server(**FAST)
        left = dict(TRANSPORTS)
        for _ in range(3):
            clients = {}
            for name, transports in left.items():
                client = self.client(reconnection=False)
                heard = Heard(client, "disconnect")
                await self.connect(server.url, transports, client)
                clients[name] = (client, client.get_sid(), heard)
            end = time.monotonic() + 0.3 * INTERVALS
            for name, (client, sid, heard) in clients.items():
                try:
                    await asyncio.wait_for(heard.queues["disconnect"].get(), max(0.001, end - time.monotonic()))
                    continue
                except asyncio.TimeoutError:
                    pass
                self.assertEqual((await client.call("info", timeout=DEADLINE))["id"], sid)
                del left[name]
                await client.disconnect()
            if not left:
                return
        self.fail(f"closed each time: {list(left)}")

    @by_each
    async def test_killed_and_back(self, name, transports):
        server = await self.server()
        client = self.client()
        heard = Heard(client, "connect", "disconnect")
        await self.connect(server.url, transports, client)
        await heard.next("connect")
        for _ in range(2):
            before = client.get_sid()
            await asyncio.to_thread(server.kill)
            self.assertEqual(await heard.next("disconnect"), (client.reason.TRANSPORT_ERROR,))
            await asyncio.to_thread(server.start)
            await heard.next("connect")
            self.assertNotEqual(client.get_sid(), before)
            self.assertEqual(await client.call("echo", ("back", b"x"), timeout=DEADLINE), ("back", b"x"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
