"""The path of one recognition on a picture of its object: what is shown, what is drawn on it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from colonnade.episode import Episode, StepTrace
from colonnade.report.svg import INK
from colonnade.report.view import View, project

__all__ = ["best_view_direction", "crop_to_path", "path_overlay"]

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


def crop_to_path(image: NDArray[np.uint8], episode: Episode, view: View) -> Box:
    """The part of a square picture (S, S, 3) that shows the object and the places touched."""
    size = len(image)
    rows, columns = np.nonzero((image < 250).any(2))
    places = [step.location for step in _placed(episode) if step.on_object]
    at = project(view, np.reshape(places, (-1, 3)))[:, :2] * size
    x = np.concatenate([columns, at[:, 0].clip(0, size), [size / 2]])
    y = np.concatenate([rows, at[:, 1].clip(0, size), [size / 2]])
    pad, least = 0.05 * size, 0.5 * size
    middle = (y.min() + y.max()) / 2
    top = min(y.min() - pad, middle - least / 2)
    bottom = max(y.max() + pad, middle + least / 2)
    # as wide as the panel: a narrow object is not blown up
    left, right = min(x.min() - pad, 0.02 * size), max(x.max() + pad, 0.98 * size)
    left, top, right, bottom = (
        round(float(np.clip(edge, 0, size))) for edge in (left, top, right, bottom)
    )
    return left, top, right, bottom


def path_overlay(episode: Episode, view: View, crop: Box, size: int) -> str:
    """SVG that lies on a cropped picture of the object: where the sensor went, jumps dashed.

    What lies on the far side is drawn faintly. Places where nothing was found are hollow dots;
    no line leads to them, as the sensor returns to where it last felt the object.

    Args:
        crop: part of the picture that is shown, pixels.
        size: width and height of the whole picture, pixels.
    """
    trace = _placed(episode)
    if not trace:
        return ""
    at = project(view, np.array([step.location for step in trace])) * size
    eye = view.centre + view.axes[2] * view.distance
    seen = [float(step.normal @ (eye - step.location)) > 0 for step in trace]
    touched = [i for i, step in enumerate(trace) if step.on_object]
    parts = []
    for before, i in pairwise(touched):
        jumped = any(step.goal for step in trace[before + 1 : i + 1])
        dash = ' stroke-dasharray="6 6"' if jumped else ""
        faint = (0.45 if jumped else 0.95) if seen[i] and seen[before] else 0.22
        line = f"M{at[before, 0]:.0f} {at[before, 1]:.0f}L{at[i, 0]:.0f} {at[i, 1]:.0f}"
        parts.append(
            f'<path d="{line}" stroke="#fff" stroke-width="6" opacity="{0.7 * faint:.2f}"/>'
            f'<path d="{line}" stroke="{INK}" stroke-width="2.6" opacity="{faint}"{dash}/>'
        )
    for i, step in enumerate(trace):
        share = i / max(1, len(trace) - 1)
        fill = _ramp(share) if step.on_object else "#fff"
        faint = 1.0 if seen[i] or not step.on_object else 0.35
        parts.append(
            f'<circle cx="{at[i, 0]:.0f}" cy="{at[i, 1]:.0f}" r="7.5" fill="{fill}" '
            f'stroke="{INK}" stroke-width="2" opacity="{faint}">'
            f"<title>step {step.step}</title></circle>"
        )
    left, top, right, bottom = crop
    if touched:
        first, last = at[touched[0], :2], at[touched[-1], :2]
        on_left = [place[0] > left + 0.8 * (right - left) for place in (first, last)]
        if (abs(last - first) < (90, 30)).all():  # they would lie over each other
            on_left = [first[0] <= last[0], first[0] > last[0]]
        parts += [_label(first, "start", on_left[0]), _label(last, "end", on_left[1])]
    return (
        f'<svg viewBox="{left} {top} {right - left} {bottom - top}" class="overlay" fill="none" '
        'stroke-linecap="round" aria-hidden="true">' + "".join(parts) + "</svg>"
    )


def _label(place: NDArray[np.float64], mark: str, on_left: bool) -> str:
    """A word beside a place (2,) of the picture, pixels."""
    side, shift = ("end", -14) if on_left else ("start", 14)
    return (
        f'<text x="{place[0] + shift:.0f}" y="{place[1] + 8:.0f}" text-anchor="{side}" '
        f'font-weight="700" fill="{INK}" stroke="#fff" stroke-width="5" '
        f'paint-order="stroke" stroke-linejoin="round">{mark}</text>'
    )


def _placed(episode: Episode) -> list[StepTrace]:
    return [step for step in episode.trace or [] if np.isfinite(step.location).all()]


def best_view_direction(episode: Episode) -> tuple[float, float]:
    """Azimuth and elevation, degrees, from which most of the path is seen."""
    normals = np.array(
        [s.normal for s in episode.trace or [] if s.on_object and np.isfinite(s.normal).all()]
    ).reshape(-1, 3)
    best, most = (35.0, 25.0), -1.0
    for azimuth in range(0, 360, 15):
        for elevation in (20.0, 40.0):
            a, e = np.radians(azimuth), np.radians(elevation)
            eye = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
            seen = float(np.clip(normals @ eye + 0.1, 0, 0.5).sum())
            if seen > most:
                best, most = (float(azimuth), elevation), seen
    return best


def _ramp(share: float) -> str:
    """Colour of a step: light yellow at the start, deep teal at the end."""
    light, deep = np.array([253, 224, 130]), np.array([15, 118, 110])
    r, g, b = (light + (deep - light) * share).astype(int)
    return f"#{r:02x}{g:02x}{b:02x}"
