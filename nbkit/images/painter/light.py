"""The light of a time of day in a weather: the sky's colours and what they do to all others."""

from __future__ import annotations

from dataclasses import dataclass

from nbkit.images.painter.colour import Colour, brightness, mix, rgb, times, turned
from nbkit.images.painter.scene import Scene

Factors = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Light:
    """What every colour passes through before it is put down.

    ``dark`` is 0.0 by day and 1.0 at night; ``murk`` is how much of a far thing the air swallows.
    """

    top: Colour
    middle: Colour
    low: Colour
    haze: Colour
    tint: Factors
    source: Colour
    cloud: Colour
    cloud_shade: Colour
    dark: float
    murk: float

    def on(self, colour: Colour, depth: float = 0.0) -> Colour:
        """Light a colour, ``depth`` (0.0 near, 1.0 at the horizon) into the air."""
        return mix(times(colour, self.tint), self.haze, depth * self.murk)


_NAMES = ("top", "middle", "low", "haze", "source", "cloud", "cloud_shade")
_DAYS: dict[str, tuple[str, Factors, float]] = {
    "dawn": ("5f78bd e8a9b4 ffdfb4 eebfb6 ffe2b0 ffe3d0 c792ae", (0.92, 0.84, 0.88), 0.25),
    "morning": ("6db3e4 b4def0 fff0d0 e6ece2 fff3c8 fffaf0 cfdbe6", (1.03, 1.0, 0.95), 0.0),
    "noon": ("3f95de 86c6f0 d8f0f6 cbe6f0 fffbe0 ffffff cfe0ee", (1.02, 1.02, 1.0), 0.0),
    "afternoon": ("5aa2d8 a9d3e4 fbeccb e2e3d6 fff0bc fffaf0 d3d9e0", (1.04, 1.0, 0.93), 0.0),
    "sunset": ("3c4c93 d9708a ffb761 ee9a7c ffe08a ffc48e a8607f", (0.96, 0.73, 0.62), 0.45),
    "dusk": ("20295e 655494 e89686 8d6f99 ffc9a0 a07ba6 4c4276", (0.64, 0.57, 0.74), 0.8),
    "night": ("0a1238 17295c 35568c 2c4576 f4f0d0 3d558a 223462", (0.44, 0.50, 0.74), 1.0),
}
_GREY: dict[str, tuple[str, float, float]] = {
    # the colour that the sky goes to, how far it goes, and how thick the air is
    "clouds": ("aeb9c4", 0.35, 0.62),
    "rain": ("76858f", 0.68, 0.82),
    "snow": ("c3ced9", 0.62, 0.78),
    "fog": ("cfd5d8", 0.62, 1.0),
    "storm": ("3d4557", 0.78, 0.72),
}


_SPACE = Light(
    top=rgb("0a0d24"), middle=rgb("1a2048"), low=rgb("4a4a80"), haze=rgb("2a2f58"),
    tint=(0.94, 0.94, 1.0), source=rgb("fff6e0"), cloud=rgb("ffffff"), cloud_shade=rgb("c0c8e0"),
    dark=0.6, murk=0.2,
)  # fmt: skip
"""Among the stars: the sun is bright, and the sky is black."""


def light_of(scene: Scene) -> Light:
    """Work out the light of a scene."""
    if scene.place == "space":
        return _SPACE
    codes, tint, dark = _DAYS[scene.time]
    # Where nothing was understood the colours at least are the prompt's own.
    reach = 34 if scene.strange else 9
    turn = scene.dice("palette").between(-reach, reach)
    colours = {
        name: turned(rgb(code), turn) for name, code in zip(_NAMES, codes.split(), strict=True)
    }
    if scene.sky_colour is not None:
        _dye(colours, scene.sky_colour, dark)
    murk = 0.55
    if scene.weather in _GREY:
        code, share, murk = _GREY[scene.weather]
        share *= 0.55 if scene.sky_colour is not None else 1.0
        # Grey in the brightness of the hour: a rainy night is still a night.
        bright = (brightness(colours["middle"]) + 52) / 215
        grey = mix(times(rgb(code), (bright, bright, bright * 1.03)), colours["middle"], 0.15)
        for name in ("top", "middle", "low", "haze", "cloud", "cloud_shade"):
            lift = {"top": -0.10, "low": 0.10, "cloud": 0.12, "cloud_shade": -0.16}.get(name, 0.0)
            goal = times(grey, (1 + lift, 1 + lift, 1 + lift))
            colours[name] = mix(colours[name], goal, share)
        dim = {"rain": 0.8, "storm": 0.62, "clouds": 0.93, "fog": 0.95, "snow": 0.97}[scene.weather]
        # A dark hour is not made darker by as much.
        dim += (1.0 - dim) * 0.6 * dark
        level = sum(tint) / 3
        tint = (
            dim * (tint[0] + (level - tint[0]) * 0.5),
            dim * (tint[1] + (level - tint[1]) * 0.5),
            dim * (tint[2] + (level - tint[2]) * 0.4),
        )
        dark = max(dark, {"storm": 0.6, "rain": 0.35, "fog": 0.35}.get(scene.weather, 0.0))
    return Light(**colours, tint=tint, dark=dark, murk=murk)


def _dye(colours: dict[str, Colour], sky: Colour, dark: float) -> None:
    """Give the sky a colour of the prompt, in the brightness of the hour."""
    level = 1.0 - 0.72 * dark
    shown = times(sky, (level, level, level))
    colours["top"] = mix(colours["top"], times(shown, (0.72, 0.72, 0.78)), 0.85)
    colours["middle"] = mix(colours["middle"], shown, 0.8)
    colours["low"] = mix(colours["low"], mix(shown, (255, 244, 224), 0.35 * level), 0.65)
    colours["haze"] = mix(colours["haze"], mix(shown, colours["low"], 0.5), 0.6)
