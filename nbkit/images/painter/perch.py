"""What each kind of thing can stand on in each place, and how far down that is."""

from __future__ import annotations

from nbkit.images.painter.dice import Dice

_WET = frozenset({"sea", "lake", "river", "beach", "coast"})
_INSTEAD = {
    "room": {"water": "table", "under": "table", "back": "ground", "span": "ground"},
    "space": {"water": "air", "under": "air", "table": "ground"},
    "underwater": {"water": "under", "air": "under", "high": "under", "table": "ground"},
}
_BACK = {"sea": 0.03, "city": 0.14, "room": 0.2, "coast": 0.13, "beach": 0.33}
"""How far below the horizon the large things stand."""
_REACH = {"beach": 0.16, "coast": 0.03}
"""How far below the horizon the water ends."""

_FIXED = {"table": (0.0, 0.80, 0.0), "span": (0.25, 0.20, 1.0)}
"""How far off something is, and its foot: so far down, and so many times the horizon."""


def ground_for(stand: str, place: str) -> str:
    """Choose what a thing stands on in a place that may lack what it is used to."""
    if place in _INSTEAD:
        return _INSTEAD[place].get(stand, stand)
    if stand in {"water", "under"} and place not in _WET:
        return "ground"
    return "ground" if stand == "table" else stand


def perch(
    stand: str, place: str, horizon: float, tall: float, dice: Dice, *, main: bool
) -> tuple[float, float]:
    """Choose how far off a thing is, and where its foot is from the top.

    ``tall`` is the thing's height as a fraction of the picture's.
    """
    if stand in {"air", "high"}:
        top = dice.between(0.05, max(horizon - tall - 0.08, 0.08))
        return (0.2 if stand == "air" else 0.4), top + tall
    if stand in {"water", "under"}:
        if place == "underwater":
            return dice.between(0.0, 0.3), dice.between(0.12, 0.52) + tall * 0.8
        depth = dice.between(0.05, 0.25) if main else dice.between(0.0, 0.5)
        return depth, horizon + 0.05 + _REACH.get(place, 0.30) * (1 - depth)
    if stand == "back":
        near = _BACK.get(place, 0.07) + dice.between(0.0, 0.06)
        # At a lake the far shore is a line.
        return (0.3, horizon + 0.012) if place == "lake" else (0.22, min(horizon + near, 0.93))
    if stand in _FIXED:
        return _FIXED[stand][0], min(_FIXED[stand][1] + _FIXED[stand][2] * horizon, 0.86)
    low = {"beach": 0.84, "sea": 0.90, "lake": 0.90}.get(place, horizon + 0.24)
    depth = 0.0 if main else dice.between(0.0, 0.45)
    return depth, max(0.93 - depth * 0.35, min(low, 0.9)) + dice.between(-0.015, 0.015)
