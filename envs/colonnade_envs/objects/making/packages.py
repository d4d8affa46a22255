"""What food and parcels come in: can, soup can, bottle, box, cereal box, jar."""

from __future__ import annotations

import numpy as np

from colonnade_envs.objects.making.model import Model, colour, print_on, where
from colonnade_envs.objects.making.prints import Canvas, around, facing
from colonnade_envs.objects.making.solids import curve, disc, ring, rounded_box, turned

__all__ = ["bottle", "box", "can", "cereal_box", "soup_can"]

TIN = colour(0.76, 0.77, 0.79)


def can(model: Model) -> None:
    """A plain tin with a yellow band: both ends alike, so turning it over changes nothing."""
    _tin(model, 33.0, 102.0)
    yellow = colour(0.95, 0.78, 0.15)
    model.add(turned([[0, 22], [33.4, 22], [33.4, 80], [0, 80]]), yellow)


def soup_can(model: Model) -> None:
    """A tin with a printed paper label: red and white, with a name and a golden seal."""
    _tin(model, 34.0, 101.0)
    label = (
        Canvas(256, 640, (0.95, 0.94, 0.9))
        .rect(0, 0, 1, 0.5, (0.75, 0.08, 0.1))
        .text("SOUP", 0.06, 0.14, 0.24, (0.98, 0.96, 0.9))
        .disc(0.25, 0.62, 0.085, (0.85, 0.65, 0.2))
        .text("TOMATO", 0.42, 0.65, 0.15, (0.2, 0.3, 0.2))
        .rect(0.8, 0.58, 0.97, 0.92, (0.2, 0.45, 0.25))
    )
    paper = print_on(label.done(), around(6.0, 95.0, start=-42.0))
    model.add(turned([[0, 6], [34.4, 6], [34.4, 95], [0, 95]]), paper)


def bottle(model: Model) -> None:
    """A green bottle of washing-up liquid: oval, a white screw cap, a label in front."""
    green, white = colour(0.2, 0.62, 0.3), colour(0.95, 0.95, 0.95)
    side = curve([[29, 0], [33, 6], [34, 60], [33, 112], [25, 140], [14, 154]], 7)
    profile = np.concatenate([[[0, 0]], side, [[14, 158], [0, 158]]])
    label = (
        Canvas(320, 256, (0.97, 0.96, 0.85))
        .disc(0.5, 0.32, 0.3, (0.95, 0.8, 0.1))
        .disc(0.5, 0.32, 0.2, (0.98, 0.93, 0.5))
        .text("LEMON", 0.06, 0.66, 0.14, (0.1, 0.3, 0.5))
        .rect(0.1, 0.86, 0.9, 0.92, (0.1, 0.3, 0.5))
    )
    projection = facing(0, (-26.0, 22.0), (26.0, 104.0))
    oval = (0.68, 1.0, 1.0)
    model.add(turned(profile).scale(oval), green)
    # The paper stands out by a third of a millimetre, which also makes its edge a sharp one.
    larger = turned(profile + np.where(profile > 1.0, 0.35, 0.0) * [1.0, 0.0])
    front = rounded_box((60, 52, 82), 0.01).translate((42.0, 0, 63.0))
    model.add(larger.scale(oval) ^ front, print_on(label.done(), projection))
    model.add(disc(15.5, 22, 96, round_by=1.0).translate((0, 0, 154)), white)
    model.add(turned([[0, 175], [8, 175], [5.0, 190], [0, 191]], 64, round_by=1.0), white)


def box(model: Model) -> None:
    """A brown cardboard parcel without a print: only its three lengths tell how it lies."""
    model.add(rounded_box((120, 78, 46), 1.2), colour(0.66, 0.47, 0.28))


def cereal_box(model: Model) -> None:
    """A cereal box as large as a hand, printed differently on front, back and sides."""
    size = (44.0, 132.0, 186.0)
    half = [0.5 * side for side in size]
    orange, cream, brown = (0.93, 0.45, 0.08), (0.98, 0.93, 0.78), (0.35, 0.18, 0.08)
    front = (
        Canvas(372, 264, orange)
        .text("OATS", 0.07, 0.07, 0.18, cream)
        .disc(0.5, 0.66, 0.36, cream)
        .disc(0.5, 0.66, 0.29, (0.2, 0.4, 0.75))
        .disc(0.42, 0.62, 0.07, (0.85, 0.6, 0.25))
        .disc(0.58, 0.62, 0.07, (0.85, 0.6, 0.25))
        .disc(0.5, 0.74, 0.07, (0.85, 0.6, 0.25))
    )
    back = (
        Canvas(372, 264, cream)
        .rect(0, 0, 1, 0.12, orange)
        .text("GOOD FOOD", 0.08, 0.2, 0.07, brown)
    )
    for row in range(7):
        back.rect(0.08, 0.36 + 0.08 * row, 0.9 - 0.06 * (row % 3), 0.385 + 0.08 * row, brown)
    side = Canvas(372, 88, (0.8, 0.32, 0.05)).rect(0.15, 0.3, 0.85, 0.9, cream)
    for row in range(10):
        side.rect(0.22, 0.36 + 0.05 * row, 0.78, 0.38 + 0.05 * row, brown)
    lid = Canvas(264, 88, (0.95, 0.62, 0.25)).rect(0.4, 0.2, 0.6, 0.8, cream)

    yz = facing(0, (-half[1], -half[2]), (half[1], half[2]))
    xz = facing(1, (-half[0], -half[2]), (half[0], half[2]))
    xy = facing(2, (-half[0], -half[1]), (half[0], half[1]))
    paint = print_on(front.done(), yz)
    paint = where(lambda _, n: n[:, 0] < -0.7, print_on(back.done(), yz), paint)
    paint = where(lambda _, n: np.abs(n[:, 1]) > 0.7, print_on(side.done(), xz), paint)
    paint = where(lambda _, n: np.abs(n[:, 2]) > 0.7, print_on(lid.done(), xy), paint)
    model.add(rounded_box(size, 0.8), paint)


def _tin(model: Model, radius: float, height: float) -> None:
    """A tin can about z with beaded rims and sunken lids, the same at both ends."""
    model.add(disc(radius, height, 128, round_by=0.6), TIN)
    for level in (1.4, height - 1.4):
        model.add(ring(radius - 0.4, 1.5, 128, 24).translate((0, 0, level)), TIN)
    lid = turned([[0, 0], [radius - 2.2, 0], [radius - 2.2, 5], [0, 5]])
    model.cut(lid.translate((0, 0, height - 3.0)), TIN)
    model.cut(lid.translate((0, 0, -2.0)), TIN)
    for level in (0.34, 0.66):
        model.add(ring(radius - 0.3, 1.1, 128, 16).translate((0, 0, level * height)), TIN)
