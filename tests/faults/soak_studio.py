"""A server of models and pictures in one, which fails now and then as its dice have it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
import re
import struct
import zlib
from collections import Counter, defaultdict

from faults.soak_ways import FETCHED_SCRIPTS, Telling, Way, any_way
from faults.stories import picture, typed
from faults.wire import Peer, Request, Script, answer, head, redirect

from nbkit.testing import until

_JSON = "application/json"
_SIZES = [(32, 24), (24, 32), (48, 48)]
_LARGE = (900, 600)  # is made smaller for a page

Ask = tuple[str, int | None]
"""What names a call: its prompt and its seed."""


class Studio(Peer):
    """Serves pictures, each unlike any other, and the stories that it has been given.

    What goes wrong is decided by the seed, the call's prompt and seed, and how often it has come:
    not by the order in which calls come.

    Attributes
    ----------
    served
        For each prompt and seed how a call was answered, time after time; ``None`` is as it should.
    stories
        How each story is told, by its name.
    told
        How often each was asked for.
    hurried
        The tales of those who wait for a short time only.
    calls
        How many calls of each kind have come.
    """

    def __init__(self, seed: str, rate: float) -> None:
        super().__init__(self._script)
        self.served: defaultdict[str, defaultdict[int | None, list[Way | None]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self.stories: dict[str, Telling] = {}
        self.told: Counter[str] = Counter()
        self.hurried: set[str] = set()
        self.calls: Counter[str] = Counter()
        self._seed = seed
        self._rate = rate
        self._pictures = [picture("PNG", size) for size in _SIZES]
        self._pictures += [picture("JPEG", size) for size in _SIZES]
        self._large = picture("JPEG", _LARGE)

    def forget(self) -> None:
        """Forget what has been served."""
        self.served.clear()
        self.stories.clear()
        self.told.clear()
        self.hurried.clear()

    async def aclose(self) -> None:
        """Close once its last clients have gone, whose ends would be cut off else."""
        with contextlib.suppress(TimeoutError):
            await until(lambda: not self._tasks)
        await super().aclose()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await super()._take(reader, writer)
        # It has thousands: what is over is not kept.
        self.connections = [each for each in self.connections if not each.over]
        self.requests.clear()

    def _script(self, request: Request) -> Script:
        path = request.path.partition("?")[0]
        if path in FETCHED_SCRIPTS:
            return FETCHED_SCRIPTS[path]
        if path in ("/again", "/1.png"):
            return (redirect(path),)
        said = request.body.decode()
        if path in ("/images/generations", "/moved"):
            return self._picture(said, moved=path == "/moved")
        name = re.search(r"story [\w.]+", said)
        assert name, request
        self.calls["text"] += 1
        self.told[name[0]] += 1
        scripts = self.stories[name[0]].scripts
        return scripts[min(self.told[name[0]], len(scripts)) - 1]

    def _picture(self, said: str, *, moved: bool) -> Script:
        asked = json.loads(said)
        prompt = re.search(r"fox [\w.]+", asked["prompt"])
        assert prompt, asked
        ask = prompt[0], asked.get("seed")
        times = self.served[ask[0]][ask[1]]
        if moved:
            return (answer(self._body(ask, len(times)), _JSON),)
        rng = random.Random(f"{self._seed} {ask} {len(times)}")
        way = None
        if rng.random() < self.rate_of(ask[0]):
            way = any_way(rng, hasty=tale_of(ask[0]) in self.hurried)
        times.append(way)
        self.calls["picture"] += 1
        self.calls["failing"] += way is not None and not way.fine
        self.calls["in an odd manner"] += way is not None and way.fine
        body = self._body(ask, len(times))
        if way is None:
            if rng.random() < 0.1:
                return (head("text/event-stream"), *self._streamed(body))
            return (answer(body, _JSON),)
        if way.fine and way.what != "it has moved":
            return (answer(body, _JSON), *way.script)
        return way.script

    def rate_of(self, prompt: str) -> float:
        """Return how often a prompt's calls fail: most seldom, some nearly always."""
        cursed = zlib.crc32(prompt.encode()) % 25 == 0
        return min(1.0, self._rate * (6.0 if cursed else 0.8))

    def _body(self, ask: Ask, times: int) -> bytes:
        number = zlib.crc32(f"{ask} {times}".encode())
        tag = f"<{ask[0]}|{ask[1]}|{times}>".encode()
        plain = self._large if number % 200 == 0 else self._pictures[number % len(self._pictures)]
        data = base64.b64encode(tagged(plain, tag)).decode()
        return json.dumps({"created": 1, "data": [{"b64_json": data}]}).encode()

    def _streamed(self, body: bytes) -> list[bytes]:
        data = json.loads(body)["data"][0]["b64_json"]
        kinds = ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
        return [
            typed(kind, b64_json=data, partial_image_index=number)
            for number, kind in enumerate(kinds)
        ]


def tale_of(prompt: str) -> str:
    """Return the name of the tale that a prompt belongs to."""
    return prompt.removeprefix("fox ").rpartition(".")[0]


def tagged(data: bytes, tag: bytes) -> bytes:
    """Write a remark into a PNG or a JPEG file, which leaves the picture as it is."""
    if data.startswith(b"\xff\xd8"):
        return data[:2] + b"\xff\xfe" + struct.pack(">H", len(tag) + 2) + tag + data[2:]
    text = b"tEXtComment\0" + tag
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    return data[:33] + chunk + data[33:]  # behind the header


def tag_of(data: bytes) -> str:
    """Read the remark again: the prompt that the picture was made for, the seed, the time."""
    found = re.search(rb"<(fox [^>]+)>", data[:200])
    assert found, data[:200]
    return found[1].decode()
