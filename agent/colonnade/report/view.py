"""The camera of the report's pictures, so that meshes, surfels and paths lie on each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["View", "project", "view_of"]


class View(NamedTuple):
    """A pinhole camera that looks at an object from a distance."""

    axes: NDArray[np.float64]
    """(3, 3) rows: the camera's right, up and backward axes in the object's frame."""
    centre: NDArray[np.float64]
    """(3,) point that is looked at, metres."""
    distance: float
    """From the eye to `centre`, metres."""
    focal: float
    """Focal length in widths of the picture: 0.5 / tan(half the field of view)."""


def view_of(
    size: NDArray[np.floating],
    centre: NDArray[np.floating],
    azimuth_deg: float,
    elevation_deg: float,
    fov_deg: float,
    fill: float,
) -> View:
    """Look at a bounding box from an azimuth about +z (from +x) and an elevation above z = 0.

    The eye is so far away that the box's bounding sphere takes the share `fill` of the picture.
    """
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    backward = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    axes = np.stack([right, np.cross(backward, right), backward])
    radius = max(0.5 * float(np.linalg.norm(size)), 1e-6)
    half = np.radians(fov_deg) / 2
    distance = radius / (np.sin(np.arctan(np.tan(half) * fill)))
    return View(axes, np.asarray(centre, float), float(distance), float(0.5 / np.tan(half)))


def project(view: View, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Picture coordinates (N, 3) of points (N, 3): x right and y down in 0..1, depth in metres."""
    camera = (np.asarray(points, float) - view.centre) @ view.axes.T
    depth = view.distance - camera[:, 2]
    scale = view.focal / np.maximum(depth, 1e-9)
    return np.stack([0.5 + camera[:, 0] * scale, 0.5 - camera[:, 1] * scale, depth], axis=1)
