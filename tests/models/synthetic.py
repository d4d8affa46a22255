"""Smooth objects from formulas, with exact normals and curvatures: no mesh, no ray, no body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from colonnade_models import percept as P
from colonnade_models import surfel as S
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import draft_surfels, learn, new_draft
from colonnade_models.numerics import rgb_to_hsv
from colonnade_models.packed import pack, unpack

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """The surface where `field` (N, 3) -> (N,) is zero, negative inside; metres."""

    field: Callable[[Array], Array]
    radius: float
    """All of it lies nearer to the origin than this."""
    paint: Array
    """(3, 4) red, green, blue as a smooth function of the place; zeros for plain grey."""

    def gradient(self, x: Array) -> Array:
        """(N, 3) by central differences."""
        h = 1e-5
        steps = h * np.eye(3)
        return np.stack([(self.field(x + e) - self.field(x - e)) / (2 * h) for e in steps], axis=-1)

    def hessian(self, x: Array) -> Array:
        """(N, 3, 3) by central differences."""
        h = 1e-4
        steps = h * np.eye(3)
        return np.stack(
            [(self.gradient(x + e) - self.gradient(x - e)) / (2 * h) for e in steps], axis=-1
        )

    def sample(self, count: int, random: np.random.Generator) -> Array:
        """(count, 3) points on the surface, met from random directions."""
        way = random.normal(size=(count, 3))
        way /= np.linalg.norm(way, axis=1)[:, None]
        inside, outside = np.zeros((count, 1)), np.full((count, 1), self.radius)
        for _ in range(50):  # bisection: all shapes here are star-shaped about the origin
            middle = (inside + outside) / 2
            out = (self.field(middle * way) > 0)[:, None]
            inside, outside = np.where(out, inside, middle), np.where(out, middle, outside)
        return inside * way

    def percepts(self, x: Array, random: np.random.Generator) -> NDArray[np.float32]:
        """(N, 18) exact percepts at points (N, 3) of the surface."""
        rows = np.zeros((len(x), P.PERCEPT_SIZE), np.float32)
        gradients, hessians = self.gradient(x), self.hessian(x)
        for row, point, gradient, hessian in zip(rows, x, gradients, hessians, strict=True):
            slope = np.linalg.norm(gradient)
            n = gradient / slope
            across = np.eye(3) - np.outer(n, n)
            values, vectors = np.linalg.eigh(across @ hessian @ across / slope)
            tangent = np.argsort(np.abs(vectors.T @ n))[:2]  # the third is the normal itself
            k2, k1 = sorted(tangent, key=lambda i: values[i])
            row[P.LOCATION : P.LOCATION + 3] = point
            row[P.NORMAL : P.NORMAL + 3] = n
            row[P.DIRECTION : P.DIRECTION + 3] = vectors[:, k1] * random.choice([-1, 1])
            row[P.CURVATURE : P.CURVATURE + 2] = values[k1], values[k2]
            row[P.DIRECTED] = values[k1] - values[k2] >= P.DIRECTED_CURVATURE_GAP
            colour = 0.5 + 0.45 * np.sin(self.paint[:, :3] @ point + self.paint[:, 3])
            row[P.COLOUR : P.COLOUR + 3] = rgb_to_hsv(*colour.astype(np.float32))
            row[P.ON_OBJECT] = 1
            row[P.SIGMA_NORMAL], row[P.SIGMA_BEND] = 0.005, 1.0
        return rows


def blob(seed: int) -> Shape:
    """A lopsided thing of five centimetres with bumps and dents, painted all over."""
    random = np.random.default_rng(seed)
    waves = random.normal(size=(5, 3)) * 55
    phases = random.uniform(0, 2 * np.pi, 5)
    stretch = random.uniform(0.8, 1.3, 3)

    def field(x: Array) -> Array:
        bumps = np.sin(x @ waves.T + phases).sum(axis=-1)
        return np.linalg.norm(x * stretch, axis=-1) - 0.026 - 0.0016 * bumps

    return Shape(field, 0.08, np.c_[random.normal(size=(3, 3)) * 50, random.uniform(0, 6, 3)])


def rounded_box(x: float, y: float, z: float) -> Shape:
    """A grey box with half sides x, y, z and round edges: a superellipsoid of the sixth power."""
    half = np.array([x, y, z])

    def field(p: Array) -> Array:
        return (((p / half) ** 6).sum(axis=-1)) ** (1 / 6) - 1

    return Shape(field, 0.15, np.zeros((3, 4)))


def ellipsoid(x: float, y: float, z: float) -> Shape:
    """A grey ellipsoid with half axes x, y, z."""
    half = np.array([x, y, z])
    return Shape(lambda p: np.sqrt(((p / half) ** 2).sum(axis=-1)) - 1, 0.15, np.zeros((3, 4)))


def lopsided() -> Shape:
    """A grey potato whose eight octants all bulge differently far."""

    def field(p: Array) -> Array:
        near, far = np.array([0.022, 0.012, 0.007]), np.array([0.05, 0.03, 0.02])
        return np.sqrt(((p / np.where(p > 0, far, near)) ** 2).sum(axis=-1)) - 1

    return Shape(field, 0.15, np.zeros((3, 4)))


def spindle(radius: float, height: float) -> Shape:
    """A grey body of revolution about z, the same at both ends."""

    def field(p: Array) -> Array:
        across = (p[..., 0] ** 2 + p[..., 1] ** 2) / radius**2
        return (across**3 + (p[..., 2] / height) ** 6) ** (1 / 6) - 1

    return Shape(field, 0.15, np.zeros((3, 4)))


def learned(name: str, shape: Shape, *, count: int = 5000, spacing: float = 0.004) -> LearnedObject:
    """The shape as learned from many exact percepts."""
    random = np.random.default_rng(5)
    draft = new_draft(spacing)
    for row in shape.percepts(shape.sample(count, random), random):
        learn(draft, row)
    return LearnedObject(name, settled(draft_surfels(draft)), float(draft.spacing[0]), count)


def moved(rows: NDArray[np.float32], turn: Rotation, shift: Array) -> NDArray[np.float32]:
    """Percepts (N, 18) of the object after it was turned, then shifted by (3,)."""
    out = rows.copy()
    out[:, P.LOCATION : P.LOCATION + 3] = turn.apply(rows[:, P.LOCATION : P.LOCATION + 3]) + shift
    for k in (P.NORMAL, P.DIRECTION):
        out[:, k : k + 3] = turn.apply(rows[:, k : k + 3])
    return out


def pose_row(turn: Rotation, shift: Array) -> NDArray[np.float32]:
    """(12,) pose, body -> object, of an object that lies turned and shifted in the body's frame."""
    back = turn.inv()
    return np.concatenate([back.as_matrix().ravel(), -back.apply(shift)]).astype(np.float32)


def random_table(count: int, seed: int, size: float = 0.03) -> NDArray[np.float32]:
    """(count, 25) surfels of no real shape: every field random but sound."""
    random = np.random.default_rng(seed)
    table = np.zeros((count, S.SURFEL_SIZE), np.float32)
    frames = Rotation.random(count, random_state=seed).as_matrix()
    table[:, 0:3] = random.uniform(-size, size, (count, 3))
    table[:, 3:6], table[:, 6:9] = frames[:, :, 0], frames[:, :, 1]
    curvature = np.sort(random.normal(0, 60, (count, 2)), axis=1)[:, ::-1]
    table[:, 9:11] = curvature
    table[:, 11:13] = np.sign(curvature) * np.log(np.abs(curvature) / 10 + 1)
    table[:, 13:17] = random.random((count, 4))
    table[:, 17:23] = random.uniform(0.001, 0.05, (count, 6))
    table[:, S.SPREAD_PLACE] = random.uniform(0.0, 4e-6, count)
    table[:, S.HIT] = random.uniform(0.3, 1.0, count)
    return settled(table)


def settled(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Surfel rows as memory keeps them: packing them again loses nothing."""
    out = np.zeros_like(table)
    unpack(pack(table), 0, out)
    return out
