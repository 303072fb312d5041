"""What both clients' scenarios share: servers of their own, and the values that are sent."""

import inspect
import json
import os
import urllib.parse
import urllib.request

CONTROL = os.environ.get("INTEROP_CONTROL", "")
LONG = bool(os.environ.get("LONG"))

# Seconds that anything may take, and the options of a client that reconnects soon.
DEADLINE = 15
QUICK = {"reconnection_delay": 0.05, "reconnection_delay_max": 0.1, "randomization_factor": 0}

# The ways in which a client can be set up, by name.
TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}

FAST = {"ping-interval": "300ms", "ping-timeout": "200ms"}
INTERVALS = 200 if LONG else 20


def used(name):
    """The transport a client has once it is connected."""
    return "websocket" if name == "upgrade" else name


def by_each(case):
    """Marks a case that is played by each transport, with its name and what a client is to be told."""
    case.by_each = True
    return case


class Cases:
    """Makes a test per transport of each case that is marked with by_each."""

    def __init_subclass__(cls):
        super().__init_subclass__()
        for name, case in list(vars(cls).items()):
            if not getattr(case, "by_each", False):
                continue
            delattr(cls, name)
            for transport, transports in TRANSPORTS.items():
                setattr(cls, f"{name}_by_{transport}", _bound(case, transport, transports))


def _bound(case, transport, transports):
    if inspect.iscoroutinefunction(case):

        async def bound(self):
            await case(self, transport, transports)
    else:

        def bound(self):
            case(self, transport, transports)

    return bound


class Server:
    """A conformance server with these flags."""

    def __init__(self, **flags):
        query = urllib.parse.urlencode({name.replace("_", "-"): value for name, value in flags.items()})
        answer = json.loads(_post(f"/servers?{query}"))
        self.url = answer["url"]
        self._path = f"/servers/{answer['id']}"

    def kill(self):
        _post(f"{self._path}/kill")

    def stop(self):
        _post(f"{self._path}/stop")

    def start(self):
        _post(f"{self._path}/start")

    def pause(self):
        _post(f"{self._path}/pause")

    def resume(self):
        _post(f"{self._path}/resume")


def _post(path):
    with urllib.request.urlopen(urllib.request.Request(CONTROL + path, method="POST"), timeout=40) as answer:
        return answer.read()


# Arguments of events. This client makes several arguments of a tuple, and one of anything else.
VALUES = {
    "one number": (1,),
    "several types": (1, "2", {"3": [True]}, None, False, [], {}, -0.5),
    "text": ("", "€ ü 漢字 🙂 \u2028 \u0000", "\u001e", '"\\'),
    "a long text": ("é" * 100_000,),
    "one attachment": (bytes(range(5)),),
    "an empty attachment": (b"", "after"),
    "beside other values": (1, b"abc", "x", {"b": b"\x00\xff\x1e"}, None),
    "nested": ({"deep": [{"deeper": {"bytes": bytes(range(256))}}, b"1"], "list": [[[b"22"]]]},),
    "ten attachments": tuple(bytes([n]) * n for n in range(10)),
    "a large attachment": (bytes(300_000),),
}
