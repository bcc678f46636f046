"""What peers that mean well send: answers of `nbkit serve`, image files, a store of a session."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import re
import zlib
from functools import cache
from typing import Any

import httpx
from PIL import Image

from nbkit.models import EncodedImage, ImageRequest
from nbkit.serve import app

TEXT = 'A *red* fox\u2026 <!--img-prompt="a red fox at \\"dusk\\""-->\nand é 🦊.'
HELLO = [{"role": "user", "content": TEXT}]
KEY = "canary-5113-key"

CHAT = {"model": "echo", "messages": HELLO}
OPENAI = {**CHAT, "stream_options": {"include_usage": True}, "reasoning_effort": "low"}
ANTHROPIC = {**CHAT, "max_tokens": 99, "thinking": {"type": "enabled"}}
RESPONSES = {"model": "echo", "input": HELLO, "reasoning": {"effort": "low"}}
ASKED = {
    "completions": ("/v1/chat/completions", OPENAI),
    "responses": ("/v1/responses", RESPONSES),
    "messages": ("/v1/messages", ANTHROPIC),
    "ollama": ("/api/chat", {**CHAT, "think": True}),
}
"""Wire formats, and what is asked in each."""


@cache
def answers(form: str) -> tuple[bytes, bytes]:
    """What `nbkit serve` answers: in a stream, and as a whole."""
    path, body = ASKED[form]

    async def ask() -> tuple[bytes, bytes]:
        transport = httpx.ASGITransport(app(rate=1e9, image_seconds=0))
        headers = {"anthropic-version": "2023-06-01"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://served", headers=headers
        ) as http:
            stream = await http.post(path, json={**body, "stream": True})
            whole = await http.post(path, json={**body, "stream": False})
        return _same_each_time(stream.content), _same_each_time(whole.content)

    return asyncio.run(ask())


def _same_each_time(answer: bytes) -> bytes:
    """Take out of an answer what is another one each time: ids, and the time."""
    answer = re.sub(rb"[0-9a-f]{24,}", b"1d", answer)
    answer = re.sub(rb'("created_at":)"[^"]*"', rb'\1"2026-11-27T06:33:20Z"', answer)
    return re.sub(rb'("created(?:_at)?":)\d+', rb"\g<1>1795761200", answer)


def event_streams() -> list[bytes]:
    """Streams of events, and what is peculiar about the format."""
    return [
        *(answers(form)[0] for form in ("completions", "responses", "messages")),
        b"\xef\xbb\xbf: hello\r\nid: 7\r\nretry: 3000\r\nevent: e\r\ndata: a\r\ndata:b\r\n\r\n",
        b"data\rdata: \r\rid\ndata:x\n\n",
        b"retry: " + b"9" * 5_000 + b"\ndata: x\n\n",
        "data: caf\u00e9\u2028 \ud55c\n\n".encode(),
    ]


def json_lines() -> list[bytes]:
    """Lines of JSON."""
    return [answers("ollama")[0], b'{"a":1}\r\n\n {"b":2}', b"\n\n", b"\xef\xbb\xbf{}\n"]


def compressed() -> list[bytes]:
    """Compressed bodies, whole and not."""
    stream = answers("completions")[0]
    return [
        gzip.compress(stream),
        gzip.compress(stream)[:-4],
        gzip.compress(b"a") + gzip.compress(b"b"),
        gzip.compress(bytes(200_000)) + gzip.compress(b"b"),
        zlib.compress(stream),
        _raw(stream),
        gzip.compress(bytes(400_000)),
        _raw(bytes(65_537)),
    ]


def _raw(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


@cache
def pictures() -> list[bytes]:
    """Image files of each kind, still and moving."""
    frames = [Image.new("RGB", (6, 4), (shade, 20, 90)) for shade in (0, 120, 250)]
    exif = Image.Exif()
    exif[0x0112] = 6
    files = []
    for kind, options in (
        *((kind, {}) for kind in ("PNG", "JPEG", "GIF", "WEBP")),
        ("JPEG", {"exif": exif, "progressive": True}),
        ("PNG", {"exif": exif}),
        ("WEBP", {"lossless": True}),
        *((kind, {"save_all": True, "append_images": frames[1:]}) for kind in ("PNG", "GIF")),
        ("WEBP", {"save_all": True, "append_images": frames[1:], "duration": 40}),
    ):
        out = io.BytesIO()
        frames[0].save(out, kind, **options)
        files.append(out.getvalue())
    for kind in ("PNG", "GIF", "WEBP"):  # more pixels than the target lets through
        out = io.BytesIO()
        Image.new("L", (1_000, 1_000)).save(out, kind)
        files.append(out.getvalue())
    return files


@cache
def picture() -> bytes:
    """A small PNG."""
    return pictures()[0]


def as_json(*values: object) -> list[bytes]:
    """Write values as JSON."""
    return [json.dumps(value).encode() for value in values]


class Painter:
    """Paints a small picture of anything but a hen."""

    checks_images = False

    async def generate(self, request: ImageRequest, **_: Any) -> EncodedImage:
        if "hen" in request.prompt:
            raise ValueError("no hens")
        return EncodedImage(picture(), "image/png", 6, 4)

    async def aclose(self) -> None:
        pass
