"""From a reading to a scene: the place, the hour, the weather, and where things stand."""

from __future__ import annotations

from nbkit.images.painter.colour import Colour, rgb
from nbkit.images.painter.dice import Dice
from nbkit.images.painter.layout import SKY_SIGHTS, Frame, arrange
from nbkit.images.painter.nouns import HOMES
from nbkit.images.painter.reading import Mention, Reading, read
from nbkit.images.painter.scene import Box, Scene
from nbkit.images.painter.things import KINDS

WATER = frozenset({"sea", "beach", "lake", "river", "coast"})
_BEHIND = ("mountains", "city", "village", "forest")
"""Places that can stand behind another, the tallest first."""
_GROUNDS = ("room", "underwater", "space", "coast", "beach", "lake", "river", "sea", "garden",
            "meadow", "village", "desert", "snowfield", "forest", "city", "mountains")  # fmt: skip
"""Which of several places one stands in: the more particular first."""
_AFLOAT = frozenset({"sailboat", "rowboat", "ship", "galleon", "buoy"})
_HORIZONS = {
    "sea": 0.55, "coast": 0.56, "beach": 0.48, "forest": 0.60, "mountains": 0.66, "city": 0.70,
    "village": 0.60, "desert": 0.58, "meadow": 0.58, "lake": 0.52, "river": 0.54, "garden": 0.56,
    "snowfield": 0.60, "space": 0.80, "underwater": 0.84, "room": 0.70, "hills": 0.60,
}  # fmt: skip


def compose(
    prompt: str,
    seed: int | None = None,
    width: int = 512,
    height: int = 512,
    *,
    negative_prompt: str = "",
) -> Scene:
    """Read a prompt and lay its picture out, in pixels of the finished picture."""
    reading = read(prompt, avoid=negative_prompt)
    key = ("" if seed is None else seed, " ".join(reading.rest))
    dice = Dice(*key, "scene")
    strange = not reading.places and not reading.things
    if strange:
        _imagine(reading, dice.fork("strange"))
    place, backdrop = _place(reading)
    time = _time(reading, dice.fork("time"))
    weather, wind = _weather(reading, dice.fork("weather"))
    horizon = _HORIZONS[place] + dice.fork("horizon").between(-0.02, 0.02)
    sights: list[tuple[str, Colour | None]] = [
        (each.kind, each.colour) for each in reading.things if each.kind in SKY_SIGHTS
    ]
    window = window_box(left=Dice(*key, "room").chance(0.5))
    river_side = 1 if Dice(*key, "river").chance(0.5) else -1
    frame = Frame(place, horizon, width, height, dice.fork("things"), river_side, window)
    figures, shore = arrange(reading.things, frame)
    return Scene(
        key=key,
        width=width,
        height=height,
        place=place,
        backdrop=backdrop,
        time=time,
        weather=weather,
        wind=wind,
        season=reading.seasons[0] if reading.seasons else "",
        tone=reading.tones[0] if reading.tones else "",
        horizon=horizon,
        figures=figures,
        sights=tuple(sights),
        sky_colour=reading.sky_colour,
        ground_colour=reading.ground_colour,
        accent=reading.accent,
        shore=shore,
        strange=strange,
        river_side=river_side,
        window=window,
        sun=_sun(horizon, dice.fork("sun")),
    )


def _imagine(reading: Reading, dice: Dice) -> None:
    """For a prompt of which nothing is understood: some landscape, and something in it."""
    place = dice.pick(("hills", "hills", "mountains", "sea", "desert", "lake", "forest", "meadow"))
    if place != "hills":
        reading.places.append(place)
    if not reading.times:
        hour = dice.pick(("dawn", "morning", "noon", "afternoon", "sunset", "dusk", "night"))
        reading.times.append(hour)
    ornaments = {
        "sea": ("sailboat", "gull", "lighthouse", "balloon"),
        "desert": ("balloon", "cactus", "gull", "ruins"),
        "lake": ("sailboat", "duck", "cottage", "balloon"),
        "forest": ("deer", "owl", "fox", "mushroom"),
    }.get(place, ("tree", "balloon", "cottage", "kite", "gull", "windmill", "tower"))
    name = dice.pick(ornaments)
    reading.things.append(Mention(name, count=3 if name in {"gull", "balloon", "duck"} else 1))
    if reading.accent is not None:
        reading.things[0].colour = reading.accent
    elif reading.ground_colour is None:
        hues = ("7fae57", "8a86c8", "5fa8a0", "c98aa0", "d9b060", "7a9ac0", "b5a0c8", "9ab86a")
        reading.ground_colour = rgb(dice.pick(hues)) if place != "forest" else None


def _place(reading: Reading) -> tuple[str, str]:
    places = list(dict.fromkeys(reading.places))
    afloat = any(each.kind in _AFLOAT for each in reading.things)
    if not places:
        return _home(reading, afloat=afloat), ""
    ground = min(places, key=_GROUNDS.index)
    backdrop = next((name for name in _BEHIND if name in places and name != ground), "")
    if afloat and ground not in WATER | {"room", "space", "underwater"}:
        # A boat takes its water along.
        backdrop = ground if ground in _BEHIND else backdrop
        ground = "river" if ground in {"meadow", "garden", "village"} else "lake"
    if ground == "lake" and not backdrop:
        backdrop = "hills"
    return ground, backdrop


def _home(reading: Reading, *, afloat: bool) -> str:
    """Where no place is named, go where the things are at home."""
    if afloat:
        return "sea"
    homes = [HOMES[each.kind] for each in reading.things if each.kind in HOMES]
    if any(KINDS[each.kind].stand == "back" for each in reading.things if each.kind in KINDS):
        homes = [name for name in homes if name != "room"]
    # A bear goes to the penguins rather than they to it, and both would leave a room.
    homes.sort(key=lambda name: (name == "room", name in {"forest", "meadow"}))
    return homes[0] if homes else "hills"


def _time(reading: Reading, dice: Dice) -> str:
    named = [name for name in reading.times if name != "dark"]
    if named:
        return named[-1] if "night" not in named else "night"
    kinds = {each.kind for each in reading.things}
    if reading.times or kinds & {"moon", "star", "aurora"}:
        return "night"
    if kinds & {"campfire"}:
        return "dusk"
    return dice.pick(("morning", "noon", "afternoon", "afternoon", "morning"))


def _weather(reading: Reading, dice: Dice) -> tuple[str, bool]:
    wind = "wind" in reading.weather
    for name in ("storm", "snow", "rain", "fog", "clouds", "clear"):
        if name in reading.weather:
            return name, wind or name == "storm"
    return dice.pick(("fair", "fair", "fair", "clear")), wind


def window_box(*, left: bool) -> Box:
    """Tell where a room's window is."""
    start = 0.10 if left else 0.52
    return Box(start, 0.10, start + 0.38, 0.52)


def _sun(horizon: float, dice: Dice) -> tuple[float, float]:
    side = dice.between(0.12, 0.34)
    return (side if dice.chance(0.5) else 1 - side, horizon * dice.between(0.16, 0.32))
