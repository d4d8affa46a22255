"""Made-up objects, noisy percepts of them, and a column that is fed with these."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, moved, rounded_box

from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.memory import Memory, ObjectMemory
from colonnade_models.rehearsal import rehearse
from colonnade_models.twins import find_twins

f = np.float32
SHAPES = {
    "first": blob(1),
    "second": blob(2),
    "third": blob(3),
    "brick": rounded_box(0.04, 0.025, 0.015),
}


def memory() -> Memory:
    return memory_objects().arrays


@cache
def memory_objects() -> ObjectMemory:
    things = []
    for name, shape in SHAPES.items():
        thing = learned(name, shape, count=3000)
        random = np.random.default_rng(5)
        touches = shape.percepts(shape.sample(3000, random), random)
        thing = replace(thing, table=rehearse(thing, touches))
        things.append(replace(thing, twins=find_twins(ObjectMemory([thing]).arrays)))
    return ObjectMemory(things)


@cache
def episode(name: str, seed: int, count: int = 60) -> tuple[np.ndarray, Rotation, np.ndarray]:
    """(count, 18) noisy percepts of an object that lies anyhow; how it lies."""
    random = np.random.default_rng([seed, *name.encode()])
    shape = SHAPES.get(name) or blob(77)
    turn, shift = Rotation.random(random_state=seed), random.normal(0, 0.3, 3)
    rows = moved(shape.percepts(shape.sample(count, random), random), turn, shift)
    rows[:, :3] += random.normal(0, 0.002, (count, 3))
    for row in rows:
        tilt = Rotation.from_rotvec(random.normal(0, np.radians(2), 3))
        for k in (P.NORMAL, P.DIRECTION):
            row[k : k + 3] = tilt.apply(row[k : k + 3])
    rows[:, P.COLOUR : P.COLOUR + 3] += random.normal(0, 0.1, (count, 3))
    return rows, turn, shift


def feed(column: C.Column, rows: np.ndarray) -> tuple[int, int]:
    """State after the last percept that was needed, and how many were."""
    for i, row in enumerate(rows):
        state = C.step(column, memory(), row)
        if state != C.OPEN:
            return state, i + 1
    return C.OPEN, len(rows)


def leader(column: C.Column) -> tuple[str, np.ndarray]:
    i = int(column.verdict.state[1])
    return list(SHAPES)[column.hypotheses.object[i]], column.hypotheses.pose[i]


def errors(column: C.Column, name: str, turn: Rotation, shift: np.ndarray) -> tuple[float, float]:
    """Degrees and metres that the leading pose is off; it must be of object `name`."""
    who, pose = leader(column)
    assert who == name
    estimate = Rotation.from_matrix(pose[:9].reshape(3, 3).T)
    angle = np.degrees((estimate.inv() * turn).magnitude())
    return float(angle), float(np.linalg.norm(-estimate.apply(pose[9:]) - shift))


def state_of(column: C.Column) -> bytes:
    """Everything the column holds true, as bytes."""
    h, n = column.hypotheses, int(column.hypotheses.count[0])
    parts = [h.object[:n], h.pose[:n], h.evidence[:n], *column.verdict, column.tally]
    return b"".join(part.tobytes() for part in parts)
