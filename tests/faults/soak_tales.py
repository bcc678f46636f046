"""Tales with prompts in them, and whoever tells them: servers, generators, strings, polls."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from faults.runs import KEY
from faults.soak_studio import Studio
from faults.soak_ways import Telling, any_telling
from faults.stories import FORMS

import nbkit

BROKE = "the generator broke"


@dataclass(frozen=True)
class Tale:
    """A text with its prompts, cut into deltas."""

    name: str
    prompts: list[str]
    texts: list[str]


@dataclass(frozen=True)
class Source:
    """Where a session has its text from, and what is to be expected of it."""

    kind: str
    text: Any
    fails: bool = False
    kept: str | None = None
    """The text that comes through, ``None`` where a time-out decides on it."""


def tale(rng: random.Random, name: str, count: int) -> Tale:
    """Make up a tale with so many prompts."""
    prompts = [f"fox {name}.{n}" for n in range(count)]
    text = f"# The tale {name}\n\n"
    for prompt in prompts:
        tag = rng.choice(['<!--img-prompt="{}"-->', '<img_prompt="{}">'])
        text += rng.choice(["It sat", "**It ran**", "- It slept", "`It` hid"])
        text += rng.choice([" ", "\n\n"]) + tag.format(prompt) + rng.choice([". ", "\n\n"])
    text += "The end."
    texts, at = [], 0
    while at < len(text):
        size = rng.choice([1, 7, 20, 60])
        texts.append(text[at : at + size])
        at += size
    return Tale(name, prompts, texts)


def source(rng: random.Random, told: Tale, studio: Studio, rate: float) -> Source:
    """Choose somebody to tell it; ``rate`` is how often that goes wrong."""
    whole = "".join(told.texts)
    kind = rng.choices(["chat", "str", "list", "async", "thread", "poll"], [8, 3, 2, 3, 2, 2])[0]
    if kind == "chat":
        return _chat(rng, told, studio, rate)
    if kind in ("str", "list"):
        return Source(kind, whole if kind == "str" else told.texts, kept=whole)
    fails = rng.random() < rate
    texts = told.texts[: rng.randrange(len(told.texts))] if fails else told.texts
    makers: dict[str, Callable[[list[str], bool], object]] = {
        "async": _deltas,
        "thread": _threaded,
        "poll": _polled,
    }
    return Source(kind, makers[kind](texts, fails), fails, kept="".join(texts))


def _chat(rng: random.Random, told: Tale, studio: Studio, rate: float) -> Source:
    form = rng.choice(FORMS)
    telling: Telling = any_telling(rng, form, told.texts, rate)
    name = f"story {told.name}"
    studio.stories[name] = telling
    stream = nbkit.chat(
        f"Tell me the {name}",
        model=form.model,
        api=form.api,
        base_url=studio.url,
        api_key=KEY,
        illustrate=False,
        timeout=telling.timeout,
    )
    came = "".join(told.texts[: telling.kept])
    return Source(f"chat: {telling.what}", stream, telling.fails, None if telling.hasty else came)


async def _deltas(texts: list[str], fails: bool) -> AsyncIterator[str]:
    for text in texts:
        yield text
        await asyncio.sleep(0)
    if fails:
        raise RuntimeError(BROKE)


def _threaded(texts: list[str], fails: bool) -> Iterator[str]:
    yield from texts
    if fails:
        raise RuntimeError(BROKE)


def _polled(texts: list[str], fails: bool) -> Callable[[], str | None]:
    ends = iter(range(0, len(texts) + 25, 25))

    def poll() -> str | None:
        end = next(ends, None)
        if end is None and fails:
            raise RuntimeError(BROKE)
        return None if end is None else "".join(texts[:end])

    return poll
