"""Colours by the standard library."""

from __future__ import annotations

import colorsys


def hsv(r: float, g: float, b: float) -> tuple[float, float, float]:
    """Hue, saturation, value of red, green, blue, all in 0..1."""
    return colorsys.rgb_to_hsv(float(r), float(g), float(b))


def rgb(h: float, s: float, v: float) -> tuple[float, float, float]:
    """Red, green, blue of hue, saturation, value, all in 0..1."""
    return colorsys.hsv_to_rgb(float(h), float(s), float(v))
