"""What the field publishes on its own benchmark, as data, to print beside ours.

Source: the benchmark tables in the documentation of tbp.monty (Thousand Brains Project), as they
stood in August 2026: 10 distinct, 10 similar, and all 77 objects of the YCB set; 10 random
orientations an object, 3 with 77 objects; 16 processors. The times were measured by us with its
own code on 2 cores of a Zen 4 at 2.6 GHz, ten objects in memory.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "DISTINCT",
    "PUBLISHED",
    "TIMES",
    "UNLABELLED",
    "Published",
    "Row",
    "Times",
    "Unlabelled",
]


DISTINCT = (
    "025_mug",
    "024_bowl",
    "010_potted_meat_can",
    "031_spoon",
    "012_strawberry",
    "006_mustard_bottle",
    "062_dice",
    "058_golf_ball",
    "073-c_lego_duplo",
    "011_banana",
)
"""The ten distinct objects."""


class Row(NamedTuple):
    """One row of the benchmark."""

    suite: str
    condition: str
    body: str
    columns: int


class Published(NamedTuple):
    """What is published of one row."""

    correct: float
    """Per cent of the episodes."""
    steps: float
    """Mean of the percepts that a column matched."""
    rotation_error: float
    """Mean over the right episodes, degrees."""


class Times(NamedTuple):
    """What the published system takes, seconds."""

    update: float
    """To update a column's evidence with one percept."""
    step: float
    """For a whole step, with its simulated sensor."""
    episode: float
    """To recognise one object."""


class Unlabelled(NamedTuple):
    """What is published of a stream of objects without names."""

    correct: float
    """Per cent of the episodes after the first epoch."""
    graphs_per_object: float
    """Mean over the objects."""


PUBLISHED: dict[Row, Published] = {
    Row("distinct", "base", "camera", 1): Published(100.0, 28, 10.3),
    Row("distinct", "base", "touch", 1): Published(100.0, 28, 3.6),
    Row("distinct", "randrot", "touch", 1): Published(100.0, 28, 5.2),
    Row("distinct", "noise", "camera", 1): Published(100.0, 30, 17.0),
    Row("distinct", "noise", "touch", 1): Published(100.0, 29, 14.4),
    Row("distinct", "noise", "camera", 5): Published(100.0, 39, 51.7),
    Row("distinct", "rawnoise", "touch", 1): Published(75.0, 16, 83.9),
    Row("similar", "base", "touch", 1): Published(98.6, 49, 2.4),
    Row("similar", "noise", "camera", 1): Published(95.0, 172, 25.1),
    Row("similar", "noise", "touch", 1): Published(96.0, 146, 20.5),
    Row("all", "base", "camera", 1): Published(98.3, 75, 13.7),
    Row("all", "base", "touch", 1): Published(100.0, 43, 2.3),
    Row("all", "noise", "camera", 1): Published(94.4, 122, 29.9),
    Row("all", "noise", "touch", 1): Published(98.3, 92, 23.3),
    Row("all", "noise", "camera", 5): Published(90.9, 35, 54.1),
}

TIMES: dict[Row, Times] = {
    Row("distinct", "noise", "touch", 1): Times(20e-3, 223e-3, 6.0),
    Row("distinct", "base", "touch", 1): Times(19e-3, 94e-3, 3.6),
    Row("distinct", "noise", "camera", 1): Times(33e-3, 55e-3, 2.2),
    Row("similar", "noise", "touch", 1): Times(20e-3, 204e-3, 14.9),
}

UNLABELLED: dict[tuple[str, str], Unlabelled] = {
    ("distinct", "none"): Unlabelled(98.9, 1.1),
    ("distinct", "standard"): Unlabelled(85.6, 1.44),
    ("similar", "none"): Unlabelled(80.0, 1.5),
}
"""By suite and noise; 10 epochs of ten objects each."""
