"""``suggest_prompts``: image prompts for a text whose model has written none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbkit.errors import StreamError
from nbkit.llm.chat import ChatStream, chat
from nbkit.llm.instructions import check_count
from nbkit.models import ImagePrompt
from nbkit.render import passages

_ASK = """\
Below is a text in numbered passages. {how_many} after which a picture would help the reader most, \
and write an image prompt for each: what is to be seen, its looks, the place, the light, in one or \
two plain sentences{language}. Whoever paints it reads that prompt and nothing else.{style}

Answer with a JSON list and nothing else:
[{{"passage": 1, "prompt": "a red lighthouse on a cliff at dusk, seen from the sea"}}]

{text}"""

_LONGEST = 2_000  # characters of a prompt
_LOOKS = 2_000  # places of an answer at which a list may begin; each costs what follows it
_OPENING = re.compile(r"[\[{]")
_NUMBER = re.compile(r"[\[ ]*([0-9]{1,9})[\] ]*")


async def suggest_prompts(
    text: str,
    *,
    model: str,
    count: int | None = None,
    style: str = "",
    language: str = "English",
    **options: Any,
) -> str:
    """Ask a model for image prompts and their places, and return the text with their tags in it.

    The text itself stays as it is: tags are put on lines of their own after the paragraph, list,
    table or quotation that they belong to. A text that has prompts already comes back unasked.

    Parameters
    ----------
    text
        A reply in Markdown.
    model
        As for :func:`nbkit.chat`, which takes the ``options`` too.
    count
        How many prompts to ask for; ``None`` leaves it to the model.
    style, language
        As for :func:`nbkit.illustrate_instructions`.

    Raises
    ------
    StreamError
        If the model fails, or its answer holds no prompts that can be placed.
    ValueError, TypeError, MissingKeyError
        As :func:`nbkit.chat`.
    """
    check_count(count)
    if not isinstance(text, str):
        raise TypeError(f"text is a str, not {type(text).__name__}")
    places = passages(text)
    from nbkit.detector import PromptDetector  # which draws regex in

    detector = PromptDetector()
    has_prompts = any(isinstance(p, ImagePrompt) for p in (*detector.feed(text), *detector.flush()))
    if has_prompts or not places:
        return text
    numbered = (f"[{n}] {text[start:end].strip()}" for n, (start, end) in enumerate(places, 1))
    how_many = "Choose the passages"
    if count is not None:
        how_many = f"Choose the {count} passages" if count > 1 else "Choose the one passage"
    question = _ASK.format(
        how_many=how_many,
        language=f", in {language}" if language else "",
        style=f" Each prompt ends with this style: {style.strip()}." if style.strip() else "",
        text="\n\n".join(numbered),
    )
    stream = chat(question, model=model, illustrate=False, **options)
    answer = await _read(stream)
    found = _prompts(answer, len(places))
    if found is None:
        raise StreamError(
            f"{stream.model} was asked for a list of image prompts and answered {_short(answer)}"
        )
    ends = [end for _, end in places]
    return _insert(text, [(ends[passage - 1], prompt) for passage, prompt in found[:count]])


async def _read(stream: ChatStream) -> str:
    try:
        return "".join([delta async for delta in stream])
    finally:
        await stream.aclose()


def _prompts(answer: str, passages_there: int) -> list[tuple[int, str]] | None:
    """Find the list in an answer, whatever is around it; ``None`` if there is none of use."""
    for value in _json_values(answer):
        items = value if isinstance(value, list) else None
        if isinstance(value, Mapping):
            lists = [each for each in value.values() if isinstance(each, list)]
            items = lists[0] if lists else [value]
        if items == []:
            return []
        found = [each for item in items or () if (each := _prompt(item, passages_there))]
        if found:
            return found
    return None


def _prompt(item: object, passages_there: int) -> tuple[int, str] | None:
    if not isinstance(item, Mapping):
        return None
    prompt, passage = item.get("prompt"), item.get("passage")
    if isinstance(passage, str) and (found := _NUMBER.fullmatch(passage)):
        passage = int(found[1])
    if not isinstance(prompt, str) or not prompt.strip() or type(passage) is not int:
        return None
    return (passage, prompt) if 1 <= passage <= passages_there else None


def _json_values(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    for _ in range(_LOOKS):
        start = _OPENING.search(text, at)
        if start is None:
            return
        try:
            value, at = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            at = start.end()
        else:
            yield value


def _insert(text: str, prompts: list[tuple[int, str]]) -> str:
    parts, at = [], 0
    for end, prompt in sorted(prompts, key=lambda each: each[0]):
        parts += [text[at:end].rstrip("\n"), f"\n\n{_tag(prompt)}\n"]
        at = end
    rest = text[at:]
    if parts and rest.strip("\n"):
        parts.append("\n")
        rest = rest.lstrip("\n")
    return "".join(parts) + rest


def _tag(prompt: str) -> str:
    prompt = " ".join(prompt.split())[:_LONGEST].rstrip()
    # What would end the comment for another reader of the text is none of the prompt's meaning.
    prompt = prompt.replace("-->", "->").replace("\\", "\\\\").replace('"', '\\"')
    return f'<!--img-prompt="{prompt}"-->'


def _short(text: str) -> str:
    return repr(text if len(text) <= 200 else text[:199] + "…")
