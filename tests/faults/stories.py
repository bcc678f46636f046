"""A short story as each text format's server would stream it, and pictures as files."""

from __future__ import annotations

import base64
import functools
import io
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

DELTAS = ["A fox ", '<!--img-prompt="a red ', 'fox"-->', " sat 🦊 by the río. ", "The end."]
TEXT = "".join(DELTAS)
FELL = "the model fell over"


@dataclass(frozen=True)
class Form:
    """A text format: how a model is named to nbkit, and how its server writes."""

    name: str
    model: str
    api: str | None
    media_type: str
    delta: Callable[[str], bytes]
    finish: bytes
    """What says that the reply is complete."""
    done: bytes
    """What comes after that."""
    error: bytes
    """An error in mid-stream."""
    whole: bytes
    """The reply in one piece, as plain JSON."""

    def __str__(self) -> str:
        return self.name

    def deltas(self, texts: list[str] = DELTAS) -> bytes:
        """Return the events of deltas."""
        return b"".join(map(self.delta, texts))

    def story(self, texts: list[str] = DELTAS) -> bytes:
        """Return a whole stream."""
        return self.deltas(texts) + self.finish + self.done


def _json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


def event(data: Any, name: str = "") -> bytes:
    """Write an object as an event."""
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + _json(data) + b"\n\n"


def typed(kind: str, **data: Any) -> bytes:
    """Write an event whose name is its object's type."""
    return event({"type": kind, **data}, kind)


def _chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return event({"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]})


def _line(data: Any) -> bytes:
    return _json({"model": "m", **data}) + b"\n"


COMPLETIONS = Form(
    "completions",
    "openai:m",
    None,
    "text/event-stream",
    lambda text: _chunk({"content": text}),
    _chunk({}, "stop"),
    b"data: [DONE]\n\n",
    event({"error": {"message": FELL, "type": "server_error", "code": None}}),
    _json({"choices": [{"message": {"content": TEXT}, "finish_reason": "stop"}]}),
)
RESPONSES = Form(
    "responses",
    "openai:m",
    "responses",
    "text/event-stream",
    lambda text: typed("response.output_text.delta", delta=text),
    typed("response.completed", response={"model": "m", "status": "completed"}),
    b"",
    typed("error", code="server_error", message=FELL, param=None),
    _json(
        {
            "status": "completed",
            "output": [{"type": "message", "content": [{"type": "output_text", "text": TEXT}]}],
        }
    ),
)
MESSAGES = Form(
    "messages",
    "anthropic:m",
    None,
    "text/event-stream",
    lambda text: typed("content_block_delta", index=0, delta={"type": "text_delta", "text": text}),
    typed("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9}),
    typed("message_stop"),
    typed("error", error={"type": "api_error", "message": FELL}),
    _json({"content": [{"type": "text", "text": TEXT}], "stop_reason": "end_turn"}),
)
OLLAMA = Form(
    "ollama",
    "ollama:m",
    None,
    "application/x-ndjson",
    lambda text: _line({"message": {"role": "assistant", "content": text}, "done": False}),
    _line({"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}),
    b"",
    _json({"error": FELL}) + b"\n",
    _json({"message": {"content": TEXT}, "done": True, "done_reason": "stop"}),
)

EVENTS = (COMPLETIONS, RESPONSES, MESSAGES)
FORMS = (*EVENTS, OLLAMA)


# Pictures


def picture(kind: str = "PNG", size: tuple[int, int] = (96, 64)) -> bytes:
    """Return a small picture as a file, of noise so that every part of the file counts."""
    noise = Image.effect_noise(size, 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, kind)
    return out.getvalue()


def in_json(data: bytes) -> bytes:
    """Return a picture as the images API answers with it."""
    return _json({"created": 1, "data": [{"b64_json": base64.b64encode(data).decode()}]})


def at_address(address: str) -> bytes:
    """Return the address of a picture as the images API answers with it."""
    return _json({"created": 1, "data": [{"url": address}]})


def partial(data: bytes, index: int) -> bytes:
    """Return the event of an unfinished picture."""
    encoded = base64.b64encode(data).decode()
    return typed("image_generation.partial_image", b64_json=encoded, partial_image_index=index)


def completed(data: bytes) -> bytes:
    """Return the event of a finished picture."""
    return typed("image_generation.completed", b64_json=base64.b64encode(data).decode())


@functools.cache
def wide_png(width: int, height: int) -> bytes:
    """Return a grey PNG of any size in a few kilobytes, made without its pixels in memory."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width)
    rows = [packer.compress(row) for _ in range(height)]
    packed = b"".join([*rows, packer.flush()])

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", packed), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def wide_webp() -> bytes:
    """Return a WebP of 16383 x 16383 pixels by its header."""
    canvas = (16_382).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bomb(head: bytes, filling: bytes, megabytes: int) -> bytes:
    """Return a gzip file of about a thousandth of what it becomes; its checksum is wrong.

    A block after a full flush packs to the same bytes each time, so that one is packed.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = [packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)]
    block = packer.compress(filling * (1_000_000 // len(filling)))
    packed += [block + packer.flush(zlib.Z_FULL_FLUSH)] * megabytes
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"".join(packed) + packer.flush() + bytes(8)
