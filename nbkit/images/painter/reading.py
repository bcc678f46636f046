"""From the words of a prompt to what is to be painted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nbkit.images.painter import vocabulary as words
from nbkit.images.painter.colour import BLACK, WHITE, Colour, mix
from nbkit.images.painter.nouns import THINGS

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+|[,.;:!?]")
_PATIENCE = 3
"""How many unknown words a colour, a number or a size outlives before its noun."""


@dataclass(slots=True)
class Mention:
    """A thing as the prompt speaks of it.

    ``link`` is its relation to another mention's index; ``shelters`` is set when another one is
    under it or in it.
    """

    kind: str
    colour: Colour | None = None
    second: Colour | None = None
    count: int = 1
    scale: float = 1.0
    link: tuple[str, int] | None = None
    shelters: bool = False


@dataclass(slots=True)
class Reading:
    """What a prompt says; ``rest`` are the words that are not understood."""

    things: list[Mention] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    weather: list[str] = field(default_factory=list)
    seasons: list[str] = field(default_factory=list)
    tones: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    sky_colour: Colour | None = None
    ground_colour: Colour | None = None
    accent: Colour | None = None


def read(prompt: str, *, avoid: str = "") -> Reading:
    """Read a prompt; the names in ``avoid``, a negative prompt, are left out."""
    reader = _Reader()
    for phrase, kinds in _phrases(prompt):
        reader.take(phrase, kinds)
    reading = reader.finish()
    if avoid:
        _leave_out(reading, {name for _, kinds in _phrases(avoid) for name in kinds.values()})
    return reading


_TABLES = {
    "thing": THINGS,
    "time": words.TIMES,
    "weather": words.WEATHER,
    "season": words.SEASONS,
    "tone": words.TONES,
    "place": words.PLACES,
}


def _phrases(prompt: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Cut a prompt into the longest phrases known, with the tables' names for each."""
    tokens = _WORD.findall(prompt.lower().replace("-", " "))
    index = 0
    while index < len(tokens):
        for length in (4, 3, 2, 1):
            phrase = tokens[index : index + length]
            if len(phrase) < length:
                continue
            kinds = _look_up(phrase)
            if kinds:
                yield " ".join(phrase), kinds
                index += length
                break
        else:
            yield tokens[index], {}
            index += 1


def _look_up(phrase: list[str]) -> dict[str, str]:
    spelt = " ".join(phrase)
    found = {kind: table[spelt] for kind, table in _TABLES.items() if spelt in table}
    if found:
        return found
    head = phrase[:-1]
    for singular in _singulars(phrase[-1]):
        spelt = " ".join([*head, singular])
        if spelt in THINGS:
            return {"thing": THINGS[spelt], "singular": spelt}
        place = words.PLACES.get(spelt)
        if place:
            return {"place": place}
    return {}


def _singulars(word: str) -> Iterator[str]:
    if word in words.IRREGULAR:
        yield words.IRREGULAR[word]
    for ending, instead in (("'s", ""), ("\u2019s", ""), ("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield word.removesuffix(ending) + instead


_INVARIANT = frozenset({"fish", "sheep", "deer"})
"""Nouns whose plural looks like their singular."""
_ARTICLES = frozenset({"a", "an", "one", "the", "this", "that", "his", "her", "my", "its"})


class _Reader:
    """Goes through the phrases, keeping what waits for its noun."""

    def __init__(self) -> None:
        self.reading = Reading()
        self.colours: list[Colour] = []
        self.shade: float | None = None
        self.count: int | None = None
        self.scale: float | None = None
        self.link: tuple[str, int] | None = None
        self.patience = 0
        self.absent = False
        self.single = False

    def take(self, phrase: str, kinds: dict[str, str]) -> None:
        """Take the next phrase."""
        if phrase in _ARTICLES:
            self.single = True
        if self._adjective(phrase):
            return
        if phrase in words.PARTS and self.reading.things and (self.colours or "thing" not in kinds):
            self._dress()
        elif phrase in words.SKY_WORDS and self.colours:
            self.reading.sky_colour = self._colour()
        elif kinds:
            self._noun(phrase, kinds)
        else:
            self._other(phrase)

    def finish(self) -> Reading:
        """Let what still waits go to the accent."""
        self._give_up()
        reading = self.reading
        if reading.accent and reading.things and not any(each.colour for each in reading.things):
            reading.things[0].colour = reading.accent
        return reading

    def _adjective(self, phrase: str) -> bool:
        if phrase in words.ABSENT:
            self.absent = True
        elif phrase in words.COLOURS:
            colour = words.COLOURS[phrase]
            shade = self.shade or 0.0
            if shade == words.SHADES["dark"]:
                self.reading.times.pop()  # it was no time of day
            self.colours.append(mix(colour, WHITE if shade > 0 else BLACK, abs(shade)))
            self.shade, self.patience = None, _PATIENCE
        elif phrase in words.NUMBERS:
            self.count, self.patience = words.NUMBERS[phrase], _PATIENCE
        elif phrase in words.SIZES:
            self.scale, self.patience = words.SIZES[phrase], _PATIENCE
        elif phrase in words.SHADES:
            if phrase == "dark":
                self.reading.times.append("dark")
            self.shade = words.SHADES[phrase]
        else:
            return False
        return True

    def _noun(self, phrase: str, kinds: dict[str, str]) -> None:
        if self.absent:
            self.absent = False
            self._forget()
            return
        reading = self.reading
        for kind, names in (
            ("time", reading.times),
            ("weather", reading.weather),
            ("season", reading.seasons),
            ("tone", reading.tones),
        ):
            if kind in kinds:
                names.append(kinds[kind])
        if "place" in kinds:
            reading.places.append(kinds["place"])
            if self.colours and "thing" not in kinds:
                reading.ground_colour = self._colour()
            if "thing" not in kinds:
                self.link = None
        if "thing" in kinds:
            tint = words.TINTS.get(kinds.get("singular", phrase))
            if tint is not None and not self.colours:
                self.colours.append(tint)
            self._thing(kinds["thing"], plural="singular" in kinds)
            self._forget()

    def _thing(self, name: str, *, plural: bool) -> None:
        things = self.reading.things
        herd = name in _INVARIANT and not self.single
        count = self.count or (3 if plural or herd else 1)
        colours = self.colours
        for index, each in enumerate(things):
            if each.kind == name and not colours and self.count is None:
                # The same one, spoken of again.
                self._connect(index)
                return
        things.append(
            Mention(
                name,
                colours[0] if colours else None,
                colours[1] if len(colours) > 1 else None,
                count,
                self.scale or 1.0,
            )
        )
        self._connect(len(things) - 1)

    def _connect(self, index: int) -> None:
        if self.link is not None and self.link[1] != index:
            relation, subject = self.link
            things = self.reading.things
            if relation == "over":
                # Only a bridge is crossed by being on it.
                relation = "on" if things[index].kind == "bridge" else ""
            if relation:
                things[subject].link = (relation, index)
        self.link = None

    def _dress(self) -> None:
        """Give the colour of a part to the thing that it belongs to."""
        last = self.reading.things[-1]
        if self.colours:
            if last.colour is None:
                last.colour = self._colour()
            else:
                last.second = self._colour()
        self._forget()

    def _other(self, phrase: str) -> None:
        if self.reading.things:
            subject = len(self.reading.things) - 1
            if phrase in words.RESTS_ON:
                self.link = ("on", subject)
            elif phrase in words.UNDER:
                self.link = ("under", subject)
            elif phrase in words.INSIDE:
                self.link = ("in", subject)
            elif phrase in words.CROSSING:
                self.link = ("over", subject)
        if phrase[0].isalnum() and phrase not in words.SILENT:
            self.reading.rest.append(phrase)
            self.patience -= 1
        if not phrase[0].isalnum():
            self.patience, self.absent, self.link = 0, False, None
        if self.patience < 0 or not phrase[0].isalnum():
            self._give_up()

    def _colour(self) -> Colour:
        colour = self.colours[0]
        self.colours = []
        return colour

    def _give_up(self) -> None:
        """Nothing came to be coloured: it is the picture's accent."""
        if self.colours and self.reading.accent is None:
            self.reading.accent = self.colours[0]
        self._forget()

    def _forget(self) -> None:
        self.colours, self.count, self.scale, self.shade = [], None, None, None
        self.single = False


def _leave_out(reading: Reading, names: set[str]) -> None:
    kept = [index for index, each in enumerate(reading.things) if each.kind not in names]
    places = {old: new for new, old in enumerate(kept)}
    for each in reading.things:
        if each.link is not None:
            other = places.get(each.link[1])
            each.link = None if other is None else (each.link[0], other)
    reading.things = [reading.things[index] for index in kept]
    for group in (reading.places, reading.times, reading.weather, reading.seasons, reading.tones):
        group[:] = [name for name in group if name not in names]
