"""A mind and body of a few lines, in the place of `colonnade.engine`: fast, and as deterministic.

Objects are ellipsoids whose size and colour follow from their names; learning samples points on
them, recognising draws a plausible episode from the seed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from colonnade.engine import SurfelCloud
from colonnade.episode import Episode, StepTrace
from colonnade.episode_options import EpisodeOptions
from colonnade.report.view import View

SETS = {
    "tiny": ("mug", "bowl"),
    "small": ("mug", "bowl", "random:007", "a/b", "spoon", "fork"),
    "strangers": ("mug", "alien"),
    "partly": ("mug", "broken", "bowl"),
    "ruins": ("broken", "torn"),
    "odd": ("lid[red]", "unknown", "mug"),
    "twice": ("box", "mug", "boxcopy"),
}
BROKEN = {"broken", "torn"}
"""Objects whose meshes cannot be read."""
COPIES = {"boxcopy": "box"}
"""Objects whose meshes are those of others."""
RESHAPED: dict[str, float] = {}
"""How many times as large meshes are as they were at first, by name."""


class FakeSetError(ValueError):
    pass


FakeSetError.__module__ = "colonnade_envs.fake"  # as an error of ours would be


class FakeSet(dict[str, "FakeMesh"]):
    def __getitem__(self, name: str) -> FakeMesh:
        if name in BROKEN:
            raise FakeSetError(f"{name}: {name}.obj is cut short: copy it again.")
        return super().__getitem__(name)


@dataclass(frozen=True)
class FakeMesh:
    name: str
    size: np.ndarray
    centre: np.ndarray
    vertices: np.ndarray
    faces: np.ndarray
    texture_table: np.ndarray


@dataclass(frozen=True)
class FakeLearned:
    name: str
    points: np.ndarray
    steps: int


class FakeMemory:
    def __init__(self, learned: Sequence[FakeLearned]) -> None:
        self.learned = {item.name: item for item in learned}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.learned)

    def __getitem__(self, name: str) -> FakeLearned:
        return self.learned[name]


def _random(*parts: Any) -> np.random.Generator:
    return np.random.default_rng(crc32(repr(parts).encode()))


def prepare(say: Callable[[str], None]) -> None:
    """There is nothing to compile."""


def open_set(spec: str, names: Sequence[str] | None, scale: float) -> Mapping[str, FakeMesh]:
    if spec not in SETS:
        raise FakeSetError(f"There is no set {spec!r}: use tiny.")
    for name in names or ():
        if name not in SETS[spec]:
            raise FakeSetError(f"there is no object {name!r} in {spec}")
    return FakeSet({name: _mesh(name, scale) for name in names or SETS[spec]})


def _size(mesh: FakeMesh) -> float:
    """How many times as large as in the set."""
    return float(mesh.size[0] / _mesh(mesh.name, 1.0).size[0])


def _mesh(name: str, scale: float) -> FakeMesh:
    size = _random(COPIES.get(name, name)).uniform(0.03, 0.15, 3) * scale * RESHAPED.get(name, 1.0)
    ball = np.random.default_rng(0).standard_normal((400, 3))
    vertices = size / 2 * (1 + ball / np.linalg.norm(ball, axis=1, keepdims=True))
    return FakeMesh(name, size, size / 2, vertices, np.zeros((12, 3)), np.zeros((0, 3)))


def enlarged(mesh: FakeMesh, times: float) -> FakeMesh:
    return replace(mesh, size=times * mesh.size, vertices=times * mesh.vertices)


def mesh_digest(mesh: FakeMesh) -> str:
    return f"{crc32(mesh.vertices.tobytes()):08x}"


def learn(mesh: FakeMesh, *, body: str, seed: int, views: int = 0) -> FakeLearned:
    if mesh.name in os.environ.get("FAKE_ENDLESS", "").split(","):
        time.sleep(600)  # until a signal comes
    surfels = 40 * views if views else 600
    directions = _random(mesh.name, body, seed).standard_normal((surfels, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return FakeLearned(mesh.name, np.round(directions * mesh.size / 2 + mesh.centre, 6), 900)


def save_learned(path: Path, learned: FakeLearned) -> None:
    content = {"name": learned.name, "points": learned.points.tolist(), "steps": learned.steps}
    path.write_text(json.dumps(content))


def load_learned(path: Path) -> FakeLearned:
    content = json.loads(path.read_text())
    return FakeLearned(content["name"], np.array(content["points"]), content["steps"])


def build_memory(learned: Sequence[FakeLearned]) -> FakeMemory:
    return FakeMemory(learned)


def save_memory(path: Path, memory: FakeMemory) -> None:
    path.write_text(
        json.dumps({item.name: item.points.tolist() for item in memory.learned.values()})
    )


def load_memory(path: Path) -> FakeMemory:
    content = json.loads(path.read_text())
    return FakeMemory([FakeLearned(name, np.array(p), 900) for name, p in content.items()])


def memory_bytes(memory: FakeMemory) -> tuple[int, int]:
    return sum(item.points.nbytes for item in memory.learned.values()), 7


def recognise(
    memory: FakeMemory,
    mesh: FakeMesh,
    rotation: np.ndarray,
    options: EpisodeOptions,
    *,
    seed: int,
) -> Episode:
    random, motion = _random(mesh.name, seed, options.body, options.noise), options.motion
    slower = (1.0 if options.policy == "distinguish" else 3.0) / options.columns
    steps = int(min(options.max_steps, 8 + slower * random.gamma(2.0, 9.0)))
    known = mesh.name in memory.names
    others = [name for name in memory.names if name != mesh.name]
    right = random.random() < 0.93
    if known:
        decision = mesh.name if right else str(random.choice(others))
    else:
        decision = "unknown" if right else str(random.choice(others))
    correct = decision == mesh.name
    tilt = random.normal(0, 0.02, 3)
    estimate = rotation + np.append(tilt, 0.0)
    estimate /= np.linalg.norm(estimate)
    error = float(np.degrees(2 * np.arccos(min(1.0, abs(rotation @ estimate)))))
    return Episode(
        object=mesh.name,
        trial=0,
        seed=seed,
        rotation=rotation,
        decision=decision,
        correct=correct,
        unknown=decision == "unknown",
        timeout=steps == options.max_steps,
        steps=steps,
        rotation_estimate=estimate,
        rotation_error_column_deg=error if correct else np.nan,
        rotation_error_deg=error * 0.8 if correct else np.nan,
        symmetric=bool(random.random() < 0.2),
        margin=float(random.uniform(3, 15)),
        seconds=steps * 3e-4,
        sense_us=float(random.normal(60, 3)),
        infer_us=float(random.normal(150, 9)),
        policy_us=float(random.normal(25, 2)),
        total_us=float(random.normal(330, 15)),
        place_error_mm=error if correct else np.nan,
        moved_at=-1 if motion is None else 4,
        noticed=int(motion is not None and motion.manner == "noticed"),
        scale=_size(mesh) * float(random.normal(1.0, 0.01)) if options.any_size else 1.0,
        trace=_trace(mesh, memory, steps, random, decision) if options.record_steps else None,
        percepts=_felt(steps, options, seed) if options.record_percepts else None,
        reach=0.25 if options.record_percepts else np.nan,
    )


def _felt(steps: int, options: EpisodeOptions, seed: int) -> np.ndarray:
    shape = (steps, options.columns, 18)
    return _random("felt", seed).normal(size=shape).astype(np.float32)


def _trace(
    mesh: FakeMesh, memory: FakeMemory, steps: int, random: np.random.Generator, winner: str
) -> list[StepTrace]:
    evidence = dict.fromkeys(memory.names, 0.0)
    at = random.standard_normal(3)
    trace = []
    for step in range(steps):
        goal = step > 0 and random.random() < 0.12
        at = random.standard_normal(3) if goal else at + random.normal(0, 0.25, 3)
        at /= np.linalg.norm(at)
        for name in evidence:
            evidence[name] += random.normal(0.6 if name == winner else 0.1, 0.7)
        normal = at / mesh.size
        trace.append(
            StepTrace(
                step=step,
                location=(at * mesh.size / 2 + mesh.centre).astype(np.float32),
                normal=(normal / np.linalg.norm(normal)).astype(np.float32),
                on_object=bool(random.random() > 0.1),
                goal=goal,
                evidence=dict(sorted(evidence.items(), key=lambda item: -item[1])[:5]),
                hypotheses=max(3, int(2400 * 0.75**step)),
                sense_us=60.0,
                infer_us=150.0,
                policy_us=25.0,
            )
        )
    return trace


def surfel_count(learned: FakeLearned) -> int:
    return len(learned.points)


def surfel_cloud(learned: FakeLearned) -> SurfelCloud:
    points = learned.points
    low, high = points.min(0), points.max(0)
    normal = (points - (low + high) / 2) / ((high - low) / 2) ** 2
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    colour = 0.25 + 0.6 * (points - low) / (high - low)
    return SurfelCloud(
        points.astype(np.float32), normal.astype(np.float32), colour.astype(np.float32)
    )


def snapshot(mesh: FakeMesh, view: View, size: int) -> np.ndarray:
    from colonnade.report.painter import paint_surfels

    return paint_surfels(surfel_cloud(learn(mesh, body="touch", seed=0)), view, size)


def contact_sheet(meshes: Sequence[FakeMesh], path: Path, title: str) -> None:
    path.write_bytes(b"PNG of " + title.encode())


@dataclass(frozen=True)
class FakeFelt:
    name: str
    truth: str
    points: np.ndarray


@dataclass(frozen=True)
class FakeMeeting:
    answer: str | None
    timeout: bool
    steps: int
    explored: int
    agreement: float
    rotation: np.ndarray
    felt: FakeFelt | None
    seconds: float


class FakeMind:
    """Knows objects by their size; takes one now and then for another or for a new one."""

    def __init__(self, seed: int) -> None:
        self.memory = FakeMemory([])

    def keep(self, felt: FakeFelt) -> None:
        known = self.memory.learned
        before = known[felt.name].points if felt.name in known else np.zeros((0, 3))
        points = np.concatenate([before, felt.points])
        known[felt.name] = FakeLearned(felt.name, points, len(points))

    def restore(self, felt: Sequence[FakeFelt]) -> None:
        for one in felt:
            self.keep(one)


def new_mind(seed: int) -> FakeMind:
    return FakeMind(seed)


def meet(
    mind: FakeMind,
    mesh: FakeMesh,
    rotation: np.ndarray,
    *,
    body: str,
    noise: str,
    seed: int,
    max_steps: int,
) -> FakeMeeting:
    random = _random(mesh.name, seed, body, noise)
    names = mind.memory.names
    place = np.round(mesh.size, 6)
    own = [name for name in names if (mind.memory[name].points[0] == place).all()]
    answer = own[0] if own and random.random() < 0.9 else "unknown"
    name = f"object-{len(names) + 1:04d}" if answer == "unknown" else answer
    felt = FakeFelt(name, mesh.name, np.tile(place, (int(random.integers(2, 9)), 1)))
    return FakeMeeting(answer, False, int(random.integers(9, 60)), 200, 1.0, rotation, felt, 0.01)


def save_felt(path: Path, felt: FakeFelt) -> None:
    path.write_text(json.dumps({"name": felt.name, "points": felt.points.tolist()}))


def load_felt(path: Path) -> FakeFelt:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        raise FakeSetError(f"{path} is missing or damaged") from None
    return FakeFelt(content["name"], "", np.array(content["points"]))
