"""Text out of what other packages' streams give, told apart by shape: no package is imported.

The shapes are those of openai 3, anthropic 2, langchain-core 1, litellm 1 and ollama 0.6 as their
installed sources have them, and the same as dicts, as a server's raw JSON or a trace gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from nbkit.errors import ChunkTypeError, StreamError

_SAID = 500  # characters of a server's error that are passed on
_CODE = 80  # and of its code

_TEXT_BLOCKS = {None, "text", "text_delta", "text-delta", "output_text"}
"""Blocks that are text; others are reasoning, tools, images. A few servers leave the type out."""

_SILENT = {
    # anthropic: raw events, and what its helper derives from them
    "message_start",
    "message_delta",
    "message_stop",
    "content_block_stop",
    "ping",
    "thinking",
    "signature",
    "citation",
    "input_json",
    "compaction",
    # openai: what the helper for chat completions derives; and the responses API's keep-alive
    "content.done",
    "refusal.delta",
    "refusal.done",
    "tool_calls.function.arguments.delta",
    "tool_calls.function.arguments.done",
    "logprobs.content.delta",
    "logprobs.content.done",
    "logprobs.refusal.delta",
    "logprobs.refusal.done",
    "keepalive",
    # langchain-core: messages that no model wrote, as an agent's stream has them
    "human",
    "HumanMessageChunk",
    "system",
    "SystemMessageChunk",
    "tool",
    "ToolMessageChunk",
    "function",
    "FunctionMessageChunk",
    "remove",
}


def get(thing: Any, name: str) -> Any:
    """Read a field of a dict or of an object; ``None`` where there is none."""
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


class Reader:
    """Tells the text of each chunk of one stream.

    It remembers three things. Helpers give a raw event and then one derived from it with the same
    text: the derived one counts only where no raw one comes, as in a filtered stream. A run of
    langchain-core ends with all of its text, which counts only where none was streamed. And
    vendors add kinds of events: an unknown one is no text among events that are known.
    """

    def __init__(self) -> None:
        self._raw = False
        self._runs: set[str] = set()
        self._events = False

    def text(self, chunk: Any) -> str:
        """Give the chunk's text, empty where it has none.

        Raises
        ------
        ChunkTypeError
            If it is of no known shape.
        StreamError
            If it says that the model, or its server, failed.
        """
        if chunk is None or isinstance(chunk, str):  # `content` of a delta that has none is None
            return chunk or ""
        if isinstance(chunk, tuple):
            return self._of_graph(chunk)
        if error := get(chunk, "error"):
            fail(error)
        if isinstance(choices := get(chunk, "choices"), list):
            return _of_choices(choices)
        if isinstance(kind := get(chunk, "type"), str):
            return self._of_type(kind, chunk)
        if isinstance(event := get(chunk, "event"), str):
            return self._of_event(event, chunk)
        return _of_reply(chunk)

    def _of_type(self, kind: str, chunk: Any) -> str:
        read = _TYPED.get(kind)
        if read is not None:
            self._raw = self._raw or kind in _RAW
            self._events = True
            return read(self, chunk)
        if kind in _SILENT or kind.startswith("response."):
            self._events = True
            return ""
        if self._events:
            return ""
        raise unknown(chunk, f", with the type {kind[:80]!r}")

    def _of_event(self, event: str, chunk: Any) -> str:
        """Read an event of langchain-core: of ``astream_events`` v1 and v2 ("on_…"), or of v3."""
        if event in {"on_chat_model_stream", "on_llm_stream"}:
            self._runs.add(str(get(chunk, "run_id")))
            return self.text(get(get(chunk, "data"), "chunk"))
        if event in {"on_chat_model_end", "on_llm_end"}:
            streamed = str(get(chunk, "run_id")) in self._runs
            return "" if streamed else _of_end(get(get(chunk, "data"), "output"))
        if event in {"content-block-start", "content-block-delta"}:
            return content_text([get(chunk, "delta") or get(chunk, "content")])
        if event == "error":
            fail(chunk)
        # What a chain or a parser passes on has been counted as its model gave it.
        if event.startswith(("on_", "message-", "content-block-")):
            return ""
        raise unknown(chunk, f", with the event {event[:80]!r}")

    def _of_graph(self, chunk: tuple[Any, ...]) -> str:
        """Read LangGraph's: ``(message, metadata)``, after its mode or namespace where asked."""
        if len(chunk) == 3 and isinstance(chunk[0], tuple):  # namespace, mode, data
            return self._of_graph(chunk[1:])
        if len(chunk) == 2:
            first, second = chunk
            if isinstance(second, tuple) and (first == "messages" or isinstance(first, tuple)):
                return self._of_graph(second)
            if isinstance(first, str) and first in _GRAPH_MODES:
                return ""
            if isinstance(second, dict) and not isinstance(first, str | tuple):
                return self.text(first)
        raise unknown(chunk)

    def _derived(self, text: Any) -> str:
        return "" if self._raw else _as_text(text)


_GRAPH_MODES = {"messages", "updates", "values", "custom", "checkpoints", "tasks", "debug"}

_RAW = {"chunk", "content_block_delta"}

_TYPED: dict[str, Callable[[Reader, Any], str]] = {
    # openai: the responses API, and the helper for chat completions
    "response.output_text.delta": lambda _, chunk: _as_text(get(chunk, "delta")),
    "response.failed": lambda _, chunk: fail(get(get(chunk, "response"), "error") or "no reason"),
    "chunk": lambda reader, chunk: reader.text(get(chunk, "chunk")),
    "content.delta": lambda reader, chunk: reader._derived(get(chunk, "delta")),  # noqa: SLF001
    # anthropic: a raw event, what its helper derives from it (or a block alone), a whole reply
    "content_block_start": lambda _, chunk: content_text([get(chunk, "content_block")]),
    "content_block_delta": lambda _, chunk: content_text([get(chunk, "delta")]),
    "text": lambda reader, chunk: reader._derived(get(chunk, "text")),  # noqa: SLF001
    "message": lambda _, chunk: content_text(get(chunk, "content")),
    # both
    "error": lambda _, chunk: fail(chunk),
    # langchain-core
    "AIMessageChunk": lambda _, chunk: content_text(get(chunk, "content")),
    "ai": lambda _, chunk: content_text(get(chunk, "content")),
    "Generation": lambda _, chunk: _as_text(get(chunk, "text")),
    "GenerationChunk": lambda _, chunk: _as_text(get(chunk, "text")),
    "ChatGeneration": lambda reader, chunk: reader.text(get(chunk, "message")),
    "ChatGenerationChunk": lambda reader, chunk: reader.text(get(chunk, "message")),
}


def _of_end(output: Any) -> str:
    """Read what a run ends with: a message, or the first of a legacy model's generations."""
    if generations := get(output, "generations"):
        return _as_text(get(generations[0][0], "text"))
    return content_text(get(output, "content"))


def _of_choices(choices: list[Any]) -> str:
    """Read the first of a completion's choices: a chat's delta or message, or a legacy text."""
    for choice in choices:
        if get(choice, "index") in {0, None}:
            message = get(choice, "delta") or get(choice, "message")
            if message is not None:
                return content_text(get(message, "content"))
            return _as_text(get(choice, "text"))
    return ""


def _of_reply(chunk: Any) -> str:
    """Read ollama's parts, an openai ``Response``, or a message of its own."""
    if get(chunk, "object") == "response":
        return "".join(
            content_text(get(item, "content"))
            for item in get(chunk, "output") or []
            if get(item, "type") == "message"
        )
    if (message := get(chunk, "message")) is not None and get(chunk, "done") is not None:
        return _as_text(get(message, "content"))
    if isinstance(text := get(chunk, "response"), str):
        return text
    if get(chunk, "done") is not None:  # of a model that makes pictures
        return ""
    if get(chunk, "role") == "assistant":
        return content_text(get(chunk, "content"))
    raise unknown(chunk)


def content_text(content: Any) -> str:
    """Join what is text in a message's content: a string, or a list of blocks."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(
        block if isinstance(block, str) else _as_text(get(block, "text"))
        for block in content
        if isinstance(block, str) or get(block, "type") in _TEXT_BLOCKS
    )


def _as_text(text: Any) -> str:
    return text if isinstance(text, str) else ""


def fail(error: Any) -> NoReturn:
    """Raise what a chunk says has failed."""
    inner = error if isinstance(error, str) else get(error, "error") or error
    said = inner if isinstance(inner, str) else get(inner, "message") or str(inner)
    code = None if isinstance(inner, str) else get(inner, "code") or get(inner, "type")
    known = not code or code == "error" or str(code) in str(said)
    mark = "" if known else f" ({str(code)[:_CODE]})"
    raise StreamError(f"the source of the text reported an error: {str(said)[:_SAID]}{mark}")


def unknown(chunk: object, detail: str = "") -> ChunkTypeError:
    """Say that a chunk is of no known shape, by its type."""
    kind = type(chunk)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    return ChunkTypeError(
        f"the source gave an object of type {name}{detail}, which is no text delta: a str is, and"
        " so are the chunks of openai, anthropic, langchain-core, litellm and ollama",
        type_name=name,
    )
