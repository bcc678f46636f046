"""What a model is told, so that it writes image prompts where they belong."""

from __future__ import annotations

from nbkit.limits import is_whole

_INSTRUCTIONS = """\
Illustrate your reply. {how_many} between two paragraphs where a picture helps, an image prompt \
on a line of its own, in exactly this form:

<!--img-prompt="a red lighthouse on a cliff at dusk, seen from the sea"-->

A prompt says what is to be seen: the subject and its looks, the place, the light, in one or two \
plain sentences{language}. Whoever paints it reads that prompt and nothing else, so describe a \
figure anew each time. Write a quotation mark within a prompt as \\". No prompt stands in a list, \
a table or code, and the text does not speak of pictures or prompts.{style}"""


def illustrate_instructions(
    *, style: str = "", count: int | None = None, language: str = "English"
) -> str:
    """Return the text that teaches a model where and how to write image prompts.

    :func:`nbkit.chat` adds it to the system text by itself.

    Parameters
    ----------
    style
        How the pictures are to look, for the model to put into its prompts. A style for all of
        them that the model need not know is ``illustrate(style=)``.
    count
        How many prompts to write; ``None`` leaves it to the model.
    language
        What language the prompts are in, whatever that of the reply; most image models know
        English best. ``""`` leaves it to the model.

    Raises
    ------
    ValueError
        If ``count`` is no whole number of 1 or more.
    """
    check_count(count)
    how_many = "Write,"
    if count is not None:
        how_many = f"Write {count} times," if count > 1 else "Write once,"
    return _INSTRUCTIONS.format(
        how_many=how_many,
        language=f", in {language}" if language else "",
        style=f" Each prompt ends with this style: {style.strip()}." if style.strip() else "",
    )


def check_count(count: int | None) -> None:
    """Raise ``ValueError`` for a number of prompts that is none."""
    if count is not None and not (is_whole(count) and count >= 1):
        raise ValueError(f"count is a whole number of 1 or more, or None, not {count!r}")
