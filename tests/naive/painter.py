"""Drawing discs, pixel by pixel: for each pixel the nearest of all discs that cover it."""

from __future__ import annotations

import numpy as np

from colonnade.report.painter import RIM, STEEPEST


def splat(at, normal, colour, scale, radius, nearest, image):  # type: ignore[no-untyped-def]
    """As `colonnade.report.painter.splat`."""
    for row in range(len(image)):
        for column in range(len(image[0])):
            x = (column + 0.5 - at[:, 0]) / scale
            y = -(row + 0.5 - at[:, 1]) / scale
            z = -(normal[:, 0] * x + normal[:, 1] * y) / np.maximum(normal[:, 2], STEEPEST)
            off = (x * x + y * y + z * z) / radius**2
            depth = np.where(off < 1.0, at[:, 2] - z, np.inf)
            i = int(np.argmin(depth))
            if depth[i] < nearest[row, column]:
                nearest[row, column] = depth[i]
                image[row, column] = np.minimum(colour[i] * (1.0 - RIM * off[i]), 255.0)
