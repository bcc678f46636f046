"""Long messages, compressed: most of what a page is sent is text, and that is half air."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

LEAST = 3_000
"""Messages of fewer characters go as they are: they take little more than their headers."""

MOST = 700_000
"""Longer ones do too: they hold pictures, which hardly shrink, and the loop would stand still."""

LEVEL = 4
"""Of deflate's nine: twice as fast as the usual sixth, and a tenth longer."""

_OUTSIDE = ("kind", "seq", "view")


def pack(message: Mapping[str, Any], buffers: list[bytes], *, size: int) -> Mapping[str, Any]:
    """Return a message as it is sent, with what is in it as the last of its buffers if it is long.

    What a page goes by before it looks inside stays: ``kind``, ``seq`` and ``view``. Besides there
    is ``packed``, how many bytes of UTF-8 the buffer unpacks to: the rest as a JSON object, in
    raw DEFLATE (RFC 1951). ``size`` says about how many characters there are.
    """
    if not LEAST <= size <= MOST:
        return message
    inside = {name: value for name, value in message.items() if name not in _OUTSIDE}
    data = json.dumps(inside, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    deflate = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)
    buffers.append(deflate.compress(data) + deflate.flush())
    outside = {name: message[name] for name in _OUTSIDE if name in message}
    return {**outside, "packed": len(data)}
