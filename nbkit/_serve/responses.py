"""OpenAI's responses: one object, or the events of its making.

Source: ``types/responses`` of the ``openai`` package, and its stream accumulator, which holds the
order of the events.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nbkit._serve import bodies
from nbkit._serve.encoding import Json, event
from nbkit._serve.paced import Frame, Paced
from nbkit._serve.replies import Reply, reply_to
from nbkit._serve.state import State


def routes(state: State) -> list[Route]:
    """Make the routes."""

    async def respond(request: Request) -> Response:
        body = await bodies.read(request)
        model = bodies.string(body, "model")
        conversation = bodies.messages(body, "input")
        instructions = bodies.string(body, "instructions", "")
        if instructions:
            conversation.insert(0, ("developer", instructions))
        bodies.entry_of(request).describe(model, bodies.last_user(conversation))
        effort = bodies.mapping(body, "reasoning").get("effort", "")
        reply = reply_to(
            state,
            model,
            conversation,
            limit=bodies.integer(body, "max_output_tokens", 1 << 30, 1, 1 << 30),
            think=body.get("reasoning") is not None and effort != "none",
        )
        answer = _Answer(body, reply)
        if body.get("stream"):
            return Paced(_Events(answer).frames())
        await reply.pass_time()
        return Json(answer.told(done=True))

    return [Route("/v1/responses", respond, methods=["POST"])]


class _Answer:
    """The response object, at any point of its making."""

    def __init__(self, body: bodies.Body, reply: Reply) -> None:
        self.reply = reply
        self.message_id = f"msg_{uuid.uuid4().hex}"
        self.reasoning_id = f"rs_{uuid.uuid4().hex}"
        self._body = body
        self._id = f"resp_{uuid.uuid4().hex}"
        self._created = int(time.time())

    def told(self, *, done: bool) -> dict[str, Any]:
        reply, body = self.reply, self._body
        status = "in_progress"
        if done:
            status = "completed" if reply.whole else "incomplete"
        reason = None if reply.whole or not done else {"reason": "max_output_tokens"}
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": status,
            "error": None,
            "incomplete_details": reason,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "metadata": body.get("metadata") or {},
            "model": body["model"],
            "output": self._output() if done else [],
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
            "store": False,
            "temperature": body.get("temperature", 1.0),
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": body.get("top_p", 1.0),
            "truncation": "disabled",
            "usage": self._usage() if done else None,
            "user": None,
        }

    def message(self, *, done: bool) -> dict[str, Any]:
        status = "in_progress"
        if done:
            status = "completed" if self.reply.whole else "incomplete"
        content = [self.part(self.reply.text)] if done else []
        about = {"id": self.message_id, "type": "message", "role": "assistant"}
        return {**about, "status": status, "content": content}

    def reasoning(self, *, done: bool) -> dict[str, Any]:
        summary = [self.summary(self.reply.thought)] if done else []
        return {"id": self.reasoning_id, "type": "reasoning", "summary": summary}

    @staticmethod
    def part(text: str) -> dict[str, Any]:
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}

    @staticmethod
    def summary(text: str) -> dict[str, Any]:
        return {"type": "summary_text", "text": text}

    def _output(self) -> list[dict[str, Any]]:
        thought = [self.reasoning(done=True)] if self.reply.reasoning else []
        return [*thought, self.message(done=True)]

    def _usage(self) -> dict[str, Any]:
        reply = self.reply
        return {
            "input_tokens": reply.prompt_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": reply.tokens,
            "output_tokens_details": {"reasoning_tokens": len(reply.reasoning)},
            "total_tokens": reply.prompt_tokens + reply.tokens,
        }


class _Events:
    """The events of a response's making, numbered."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer
        self._number = -1

    def frames(self) -> Iterator[Frame]:
        answer = self._answer
        yield 0.0, self._event("created", response=answer.told(done=False))
        yield 0.0, self._event("in_progress", response=answer.told(done=False))
        if answer.reply.reasoning:
            yield from self._reasoning()
        yield from self._message(1 if answer.reply.reasoning else 0)
        kind = "completed" if answer.reply.whole else "incomplete"
        yield 0.0, self._event(kind, response=answer.told(done=True))

    def _reasoning(self) -> Iterator[Frame]:
        answer = self._answer
        at = {"item_id": answer.reasoning_id, "output_index": 0, "summary_index": 0}
        name, thought = "reasoning_summary", answer.reply.thought
        item = answer.reasoning(done=False)
        yield 0.0, self._event("output_item.added", output_index=0, item=item)
        yield 0.0, self._event(f"{name}_part.added", **at, part=answer.summary(""))
        for pause, text in answer.reply.reasoning:
            yield pause, self._event(f"{name}_text.delta", **at, delta=text)
        yield 0.0, self._event(f"{name}_text.done", **at, text=thought)
        yield 0.0, self._event(f"{name}_part.done", **at, part=answer.summary(thought))
        item = answer.reasoning(done=True)
        yield 0.0, self._event("output_item.done", output_index=0, item=item)

    def _message(self, index: int) -> Iterator[Frame]:
        answer = self._answer
        at = {"item_id": answer.message_id, "output_index": index, "content_index": 0}
        text = answer.reply.text
        item = answer.message(done=False)
        yield 0.0, self._event("output_item.added", output_index=index, item=item)
        yield 0.0, self._event("content_part.added", **at, part=answer.part(""))
        for pause, delta in answer.reply.deltas:
            yield pause, self._event("output_text.delta", **at, delta=delta, logprobs=[])
        yield 0.0, self._event("output_text.done", **at, text=text, logprobs=[])
        yield 0.0, self._event("content_part.done", **at, part=answer.part(text))
        item = answer.message(done=True)
        yield 0.0, self._event("output_item.done", output_index=index, item=item)

    def _event(self, kind: str, **data: Any) -> bytes:
        self._number += 1
        name = f"response.{kind}"
        return event({"type": name, "sequence_number": self._number, **data}, name)
