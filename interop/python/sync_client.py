"""python-socketio's synchronous Client against the conformance server. Run by go test; README.md says how by hand."""

import queue
import threading
import time
import unittest

import socketio

from kit import DEADLINE, FAST, INTERVALS, QUICK, TRANSPORTS, VALUES, Cases, Server, by_each, used


class Heard:
    """Keeps what a client hears, by event."""

    def __init__(self, client, *events, namespace="/"):
        self.queues = {event: queue.Queue() for event in events}
        for event in events:
            client.on(event, self._keep(event), namespace=namespace)

    def _keep(self, event):
        def keep(*args):
            self.queues[event].put(args)

        return keep

    def next(self, event):
        return self.queues[event].get(timeout=DEADLINE)

    def nothing(self, event):
        return self.queues[event].empty()


class Scenario(Cases, unittest.TestCase):
    def client(self, **options):
        client = socketio.Client(**{**QUICK, **options})
        self.addCleanup(client.shutdown)
        return client

    def connect(self, url, transports=None, client=None, **options):
        client = client or self.client()
        client.connect(url, transports=transports, wait_timeout=DEADLINE, **options)
        return client

    def until(self, condition, what):
        end = time.monotonic() + DEADLINE
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            threading.Event().wait(0.005)


class Shared(Scenario):
    """Scenarios that leave the server as it is."""

    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    @by_each
    def test_connect(self, name, transports):
        client = self.connect(self.server.url, transports)
        self.assertEqual(client.transport(), used(name))
        info = client.call("info", timeout=DEADLINE)
        want = {"id": client.get_sid(), "transport": used(name), "recovered": False, "eio": 4, "rooms": [client.get_sid()]}
        self.assertEqual(info, want)

    @by_each
    def test_auth(self, name, transports):
        client = self.client()
        heard = Heard(client, "auth")
        self.connect(self.server.url, transports, client, auth={"token": "a&b=c", "deep": [1, None, "é"]})
        self.assertEqual(heard.next("auth"), ({"token": "a&b=c", "deep": [1, None, "é"]},))

    @by_each
    def test_events(self, name, transports):
        client = self.client()
        heard = Heard(client, "message-back")
        self.connect(self.server.url, transports, client)
        for what, args in VALUES.items():
            with self.subTest(what):
                client.emit("message", args)
                self.assertEqual(heard.next("message-back"), args)
                answer = client.call("echo", args, timeout=DEADLINE)
                self.assertEqual(answer if isinstance(answer, tuple) else (answer,), args)

    @by_each
    def test_many(self, name, transports):
        client = self.client()
        heard = Heard(client, "message-back")
        self.connect(self.server.url, transports, client)
        # This client takes 16 packets in one polling answer, and an attachment is one. The greeting may be among them.
        for first in range(0, 160, 5):
            for n in range(first, first + 5):
                client.emit("message", (n, b"x" * (n % 50) if n % 4 == 0 else None))
            for n in range(first, first + 5):
                got = heard.next("message-back")
                self.assertEqual(got, (n, b"x" * (n % 50) if n % 4 == 0 else None))

    @by_each
    def test_asked_by_the_server(self, name, transports):
        client = self.client()
        client.on("question", lambda value: value)
        heard = Heard(client, "answer")
        self.connect(self.server.url, transports, client)
        for value in ["a word", 17, {"deep": [1]}, b"bytes", {"in": [b"1", b"2"]}]:
            client.emit("ask", value)
            self.assertEqual(heard.next("answer"), (value,))

    @by_each
    def test_eleven_attachments_are_too_many(self, name, transports):
        client = self.client()
        heard = Heard(client, "connect", "disconnect")
        self.connect(self.server.url, transports, client)
        heard.next("connect")
        client.emit("message", tuple(bytes([n]) for n in range(11)))
        heard.next("disconnect")
        if name == "polling":  # this client stays away after the server's close packet
            self.connect(self.server.url, transports, client)
        heard.next("connect")
        self.assertEqual(client.call("echo", "back", timeout=DEADLINE), "back")

    @by_each
    def test_namespaces(self, name, transports):
        client = self.client()
        custom = Heard(client, "auth", namespace="/custom")
        self.connect(self.server.url, transports, client, auth={"me": 1}, namespaces=["/", "/custom"])
        self.assertEqual(custom.next("auth"), ({"me": 1},))
        self.assertEqual(client.call("echo", (b"x", 2), namespace="/custom", timeout=DEADLINE), (b"x", 2))
        self.assertNotEqual(client.get_sid("/"), client.get_sid("/custom"))
        good = self.connect(self.server.url, transports, auth={"token": "good"}, namespaces=["/secure"])
        self.assertIn("/secure", good.namespaces)

    @by_each
    def test_refusals(self, name, transports):
        client = self.client()
        secure = Heard(client, "connect_error", namespace="/secure")
        unknown = Heard(client, "connect_error", namespace="/random")
        with self.assertRaises(socketio.exceptions.ConnectionError):
            self.connect(
                self.server.url, transports, client, auth={"token": "bad"}, namespaces=["/", "/secure", "/random"], retry=False
            )
        self.assertEqual(secure.next("connect_error"), ({"message": "not authorized", "data": {"code": 401}},))
        self.assertEqual(unknown.next("connect_error"), ({"message": "Invalid namespace"},))

    @by_each
    def test_rooms(self, name, transports):
        room = f"room by {name}"
        clients = [self.client() for _ in range(3)]
        heard = [Heard(client, room) for client in clients]
        for client in clients:
            self.connect(self.server.url, transports, client)
        a, b, c = clients
        a.call("join", room, timeout=DEADLINE)
        b.call("join", room, timeout=DEADLINE)
        c.emit("shout-room", (room, room, b"bytes", "and more"))
        self.assertEqual(heard[0].next(room), (b"bytes", "and more"))
        self.assertEqual(heard[1].next(room), (b"bytes", "and more"))
        b.call("leave", room, timeout=DEADLINE)
        a.emit("shout-room", (room, room, 2))
        a.emit("shout", (room, 3))
        self.assertEqual([heard[0].next(room), heard[0].next(room)], [(2,), (3,)])
        self.assertEqual(heard[1].next(room), (3,))
        self.assertEqual(heard[2].next(room), (3,))

    @by_each
    def test_ends(self, name, transports):
        for close in (False, True):
            client = self.client()
            heard = Heard(client, "disconnect")
            self.connect(self.server.url, transports, client)
            client.emit("bye", close)
            self.assertEqual(heard.next("disconnect"), (client.reason.SERVER_DISCONNECT,))
        client = self.client()
        heard = Heard(client, "disconnect")
        self.connect(self.server.url, transports, client)
        client.disconnect()
        self.assertEqual(heard.next("disconnect"), (client.reason.CLIENT_DISCONNECT,))


class Own(Scenario):
    """Scenarios with servers of their own."""

    def own(self, **flags):
        return Server(**flags)

    @by_each
    def test_payload_limit(self, name, transports):
        limit = 200_000
        server = self.own(max_payload=limit, ping_interval="1s", ping_timeout="1s")
        client = self.client()
        heard = Heard(client, "connect", "disconnect")
        self.connect(server.url, transports, client)
        heard.next("connect")
        text = "x" * int(0.9 * limit)
        self.assertEqual(client.call("echo", text, timeout=DEADLINE), text)
        raw = bytes(int((0.67 if name == "polling" else 0.9) * limit))
        self.assertEqual(client.call("echo", raw, timeout=DEADLINE), raw)
        for over in ("x" * int(1.1 * limit), bytes(int(1.1 * limit))):
            client.emit("message", over)
            # Of a 413 this client makes nothing before its next poll is answered, by the ping.
            self.assertEqual(heard.next("disconnect"), (client.reason.TRANSPORT_ERROR,))
            heard.next("connect")
            self.assertEqual(client.call("echo", "back", timeout=DEADLINE), "back")

    def test_heartbeats(self):
        # All three at once, since they only wait. A pong has 200 ms; where another process has the machine for that long
        # the fault is not the server's, so there are three tries.
        server = self.own(**FAST)
        left = dict(TRANSPORTS)
        for _ in range(3):
            clients = {}
            for name, transports in left.items():
                client = self.client(reconnection=False)
                gone = threading.Event()
                client.on("disconnect", lambda reason, gone=gone: gone.set())
                self.connect(server.url, transports, client)
                clients[name] = (client, client.get_sid(), gone)
            end = time.monotonic() + 0.3 * INTERVALS
            for name, (client, sid, gone) in clients.items():
                if gone.wait(max(0, end - time.monotonic())):
                    continue
                self.assertEqual(client.call("info", timeout=DEADLINE)["id"], sid)
                del left[name]
                client.disconnect()
            if not left:
                return
        self.fail(f"closed each time: {list(left)}")

    @by_each
    def test_killed_and_back(self, name, transports):
        server = self.own()
        client = self.client()
        heard = Heard(client, "connect", "disconnect")
        self.connect(server.url, transports, client)
        heard.next("connect")
        for _ in range(2):
            before = client.get_sid()
            server.kill()
            self.assertEqual(heard.next("disconnect"), (client.reason.TRANSPORT_ERROR,))
            server.start()
            heard.next("connect")
            self.assertNotEqual(client.get_sid(), before)
            self.assertEqual(client.call("echo", ("back", b"x"), timeout=DEADLINE), ("back", b"x"))
            self.until(lambda: client.transport() == used(name), "the transport")

    @by_each
    def test_stopped_and_back(self, name, transports):
        server = self.own()
        client = self.client()
        heard = Heard(client, "connect", "disconnect")
        self.connect(server.url, transports, client)
        heard.next("connect")
        server.stop()
        (reason,) = heard.next("disconnect")
        server.start()
        if reason == client.reason.SERVER_DISCONNECT:  # a close packet answered its poll: then this client stays away
            self.assertEqual(name, "polling")
            self.connect(server.url, transports, client)
        heard.next("connect")
        self.assertEqual(client.call("echo", "back", timeout=DEADLINE), "back")


if __name__ == "__main__":
    unittest.main(verbosity=2)
