"""Colours as triples of 0 to 255, and arithmetic on them."""

from __future__ import annotations

import colorsys

Colour = tuple[int, int, int]

WHITE: Colour = (250, 249, 245)
BLACK: Colour = (38, 38, 46)


def rgb(code: str) -> Colour:
    """Read ``"c0ffee"``."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Go from the first colour to the second, ``share`` of the way."""
    share = min(max(share, 0.0), 1.0)
    return (
        round(first[0] + (second[0] - first[0]) * share),
        round(first[1] + (second[1] - first[1]) * share),
        round(first[2] + (second[2] - first[2]) * share),
    )


def times(colour: Colour, factors: tuple[float, float, float]) -> Colour:
    """Multiply by channel, as light of that colour does."""
    red, green, blue = (
        min(max(round(value * factor), 0), 255)
        for value, factor in zip(colour, factors, strict=True)
    )
    return red, green, blue


def lighter(colour: Colour, share: float = 0.25) -> Colour:
    """Go towards a warm white."""
    return mix(colour, (255, 252, 240), share)


def darker(colour: Colour, share: float = 0.25) -> Colour:
    """Go towards a bluish black."""
    return mix(colour, (18, 20, 44), share)


def turned(colour: Colour, degrees: float, saturation: float = 1.0) -> Colour:
    """Turn the hue, and multiply the saturation."""
    hue, lightness, strength = colorsys.rgb_to_hls(*(value / 255 for value in colour))
    red, green, blue = colorsys.hls_to_rgb(
        (hue + degrees / 360) % 1.0, lightness, min(strength * saturation, 1.0)
    )
    return round(red * 255), round(green * 255), round(blue * 255)


def brightness(colour: Colour) -> float:
    """Tell how bright it looks, from 0 to 255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
