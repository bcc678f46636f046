"""All the ways in which a server's call goes wrong, and some in which it only looks like that."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from faults.image_table import JSON, PNG
from faults.stories import TEXT, Form, at_address, in_json
from faults.test_fetched import FETCHED
from faults.test_images import FAULTS as IMAGE_FAULTS
from faults.test_text_answers import FAULTS as ANSWERS
from faults.test_text_breaks import FAULTS as BREAKS
from faults.test_text_harmless import HARMLESS
from faults.wire import Script, again, answer, chunked, drip, head, redirect, reset, stall

from nbkit.errors import ServerDisconnectedError
from nbkit.models import Deadlines


@dataclass(frozen=True)
class Way:
    """How a call for a picture is answered: ``says`` what its error's text must match.

    ``again``: another attempt is worth it; ``hasty``: only a time-out ends it; ``fine``: the
    picture is taken all the same, with ``again`` as a rule. A heavy one moves tens of megabytes
    and is rare.
    """

    what: str
    script: Script
    says: str = ""
    again: bool = False
    hasty: bool = False
    fine: bool = False
    weight: float = 1.0


_HEAVY = re.compile("never ends|becomes too long|bomb|endless")


def _weight(what: str) -> float:
    return 0.04 if _HEAVY.search(what) else 1.0


FETCHED_SCRIPTS = {f"/fetched/{row[0]}": row[1] for row in FETCHED}
"""What comes for a picture that is fetched from an address."""

_BODY = in_json(PNG)

WAYS = [
    *(
        Way(f.what, f.script, f.says, f.requests == 2, f.timeout < 1, weight=_weight(f.what))
        for f in IMAGE_FAULTS
    ),
    *(
        Way(
            f"fetched: {what}",
            (answer(at_address(f"/fetched/{what}"), JSON),),
            r"not made within [\d.]+ s" if what == "stall" else re.escape(says),
            again=what == "stall" or cause is ServerDisconnectedError,
            hasty=what == "stall",
            weight=_weight(what),
        )
        for what, _, cause, says in FETCHED
    ),
    *(
        Way(
            f"it resets at {tenth} tenths",
            (head(JSON, length=len(_BODY)) + _BODY[: len(_BODY) * tenth // 10], reset),
            "closed the connection|before it answered",
            again=True,
            weight=0.3,
        )
        for tenth in range(10)
    ),
    Way(
        "it asks to be left alone for a moment",
        (answer(b"{}", JSON, "Retry-After: 0.01", status="429 X"),),
        "429 Too Many Requests",
        again=True,
        weight=3.0,
    ),
    Way("it redirects in a circle", (redirect("/again"),), "redirects more than 3 times"),
    Way("it redirects elsewhere", (redirect("http://127.0.0.1:9/"),), "another server"),
    Way("it redirects to no address", (redirect("http://[::1"),), "redirects|another address"),
    Way("it has moved", (redirect("/moved"),), fine=True),
    # With an odd manner: the answer itself is put together by whoever has the picture.
    Way(
        "it resets once it is complete",  # and what has not left it by then is lost
        (reset,),
        "closed the connection",
        again=True,
        fine=True,
        weight=2.0,
    ),
    Way("it stays open once it is complete", (stall,), fine=True, weight=2.0),
]
_WEIGHTS = [way.weight for way in WAYS]
_PATIENT = [way.weight * (not way.hasty) for way in WAYS]


def any_way(rng: random.Random, *, hasty: bool) -> Way:
    """Choose one; those that only a time-out ends are for those who have one."""
    return rng.choices(WAYS, _WEIGHTS if hasty else _PATIENT)[0]


# Text


@dataclass(frozen=True)
class Told(Form):
    """A format that tells a story of ours wherever it would tell that of the fox."""

    texts: Sequence[str] = ()

    def deltas(self, texts: Sequence[str] | None = None) -> bytes:
        return super().deltas(list(self.texts if texts is None else texts))

    def story(self, texts: Sequence[str] | None = None) -> bytes:
        return self.deltas(texts) + self.finish + self.done


def telling(form: Form, texts: Sequence[str]) -> Told:
    """Have a format tell a story."""
    fox, ours = (json.dumps(each, ensure_ascii=False)[1:-1] for each in (TEXT, "".join(texts)))
    fields = {name: getattr(form, name) for name in form.__dataclass_fields__}
    fields["whole"] = form.whole.replace(fox.encode(), ours.encode())
    return Told(**fields, texts=tuple(texts))


_PATIENCE = Deadlines(connect=60.0, between=60.0)
_HASTY = Deadlines(between=0.3, total=1.0)


@dataclass(frozen=True)
class Telling:
    """How a story is told: the scripts of one request after another, and how patient one must be.

    ``fails``: as an error, after ``kept`` of the deltas, ``None`` for all. ``hasty``: how many of
    them come is decided by a time-out.
    """

    what: str
    scripts: Sequence[Script]
    fails: bool = False
    kept: int | None = None
    timeout: Deadlines = _PATIENCE

    @property
    def hasty(self) -> bool:
        return min(self.timeout.between or 60.0, self.timeout.total or 60.0) < 5.0


_SLOW = re.compile("byte|chunks|packets")  # a packet a byte: for short stories only
_FOX = "between signs of life"  # it tells of the fox whatever it is asked for
_BEFORE = [each for each in (*ANSWERS, *BREAKS) if not each.kept]


def any_telling(rng: random.Random, form: Form, texts: Sequence[str], rate: float) -> Telling:
    """Choose how a story is told; ``rate`` is how often it goes wrong."""
    told = telling(form, texts)
    if rng.random() >= rate:
        what, script = rng.choice(
            [
                (what, script)
                for what, script, forms in HARMLESS
                if form in forms and what != _FOX and (len(texts) < 30 or not _SLOW.search(what))
            ]
        )
        return Telling(what, [script(told)])
    if rng.random() < 0.3:  # nothing comes of it, not even at the third time
        fault = rng.choice([each for each in _BEFORE if form in each.forms])
        return Telling(fault.what, [fault.script(form)], fails=True, kept=0, timeout=fault.timeout)
    if rng.random() < 0.2:
        busy, whole = answer(b"{}", JSON, status="503 X"), answer(told.story(), form.media_type)
        return Telling("it is busy at first", [(busy,), (reset,), (whole,)])
    return _broken(rng, told)


def _broken(rng: random.Random, told: Told) -> Telling:
    """Break a story off somewhere in its middle."""
    kept = rng.randrange(len(told.texts))
    some = told.deltas(told.texts[:kept])
    begun = head(told.media_type) + some
    next_one = told.delta(told.texts[kept])
    breaks: list[tuple[str, Script]] = [
        ("it ends without its end", (begun,)),
        ("it ends in half an event", (begun + next_one[:-9],)),
        ("it is shorter than its length", (head(told.media_type, length=len(some) + 9) + some,)),
    ]
    stalls: list[tuple[str, Script]] = [
        ("it stalls", (begun, stall)),
        ("it drips", (begun, drip(next_one, every=0.1))),
        ("it only keeps alive", (begun, again(b"\n", every=0.02))),
    ]
    if kept:  # else it would be an error of another kind
        begun_in_chunks = head(told.media_type, "Transfer-Encoding: chunked") + chunked(some)
        breaks += [
            ("an error comes", (begun + told.error + told.finish + told.done,)),
            ("its chunks are none", (begun_in_chunks + b"<html>\r\n",)),
        ]
    if rng.random() < 0.3:
        what, script = rng.choice(stalls)
        return Telling(what, [script], fails=True, kept=kept, timeout=_HASTY)
    what, script = rng.choice(breaks)
    return Telling(what, [script], fails=True, kept=kept)
