"""The column's step as one static graph: no loop, K hypotheses by M percepts at once.

Fed with hypotheses and the percepts that enter, it says what these tell (`nats`, `coloured`,
`fit`), what the evidence is after them, which hypotheses win, who leads; and, of poses that are to
be refined, their normal equations. A caller fetches what it needs, and only that is computed.
docs/spec/onnx.md lists inputs and outputs.
"""

from __future__ import annotations

import numpy as np
from onnx import ModelProto

from colonnade_bridge.onnx.algebra import Builder, Value
from colonnade_bridge.onnx.association import carry, look_up, store, things_of
from colonnade_bridge.onnx.content import arrays_of
from colonnade_bridge.onnx.pulls import equations
from colonnade_bridge.onnx.scoring import Score, score
from colonnade_bridge.onnx.sight import missed_of, most_steps, score_misses
from colonnade_bridge.onnx.surface import Placed, bent_of, percepts_of, surface_of
from colonnade_bridge.onnx.winners import contest
from colonnade_models import __version__
from colonnade_models.column_state import Settings
from colonnade_models.evidence import FEATURE_SIZE, Tolerance
from colonnade_models.memory import Memory
from colonnade_models.ranking import MOST_MISSED
from colonnade_models.twin import MOST_COUNTED

__all__ = ["build"]

F, I = np.float32, np.int64  # noqa: E741


def build(memory: Memory, settings: Settings, tolerance: Tolerance) -> ModelProto:
    """The graph of a column over a complete memory. Settings other than `reach` can be fed."""
    g = Builder()
    poses = g.input("poses", F, ["K", 12])
    objects = g.input("objects", I, ["K"])
    evidence = g.input("evidence", F, ["K"])
    count = g.input("count", I, [1])
    features = g.input("features", F, ["M", FEATURE_SIZE])
    tolerances = g.input("tolerance", F, [len(tolerance)], np.array(tolerance))
    winners = g.input("winners", I, [1], np.array([settings.winners]))
    slack = g.input("slack", F, [1], np.array([settings.slack]))
    refining = g.input("refining", np.bool_, [1], np.array([False]))
    telling = g.input("telling", np.bool_, [1], np.array([False]))

    held = {name: g.constant(array, name) for name, array in arrays_of(memory).items()}
    stored = store(g, memory, held, g.constant(bent_of(memory)))
    missed, steps = g.constant(missed_of(memory)), most_steps(memory, float(settings.reach))
    trust = g.constant(np.ascontiguousarray(memory.trust.T))
    things = things_of(stored, objects)
    t = Tolerance(*tolerances.parts(*[1] * len(tolerance)))
    f = percepts_of(features)
    turned, shift = carry(poses, f.vectors)
    location, normal, direction = (part.flatter(0) for part in turned.parts(1, 1, 1))
    at = Placed(location + shift, normal, direction)
    surface = surface_of(stored, look_up(stored, things, at.location, at.normal), at.location)

    def weigh() -> list[Value]:
        met = score(f, at, surface, t)
        misses = score_misses(f, at, stored, things, missed, t.pierced, settings.reach, steps)
        off = f.on_object.equals(F(0))
        nats = off.where(misses, met.nats).flatter(0)
        coloured = off.where(F(0), met.coloured).flatter(0)
        lost = off.where((-misses).at_most(MOST_MISSED), _lost(met, t, trust, objects)).flatter(0)
        fit = off.where(misses, met.fit).flatter(0)
        carried = _added(evidence, nats)
        won = contest(carried, objects, count, winners, slack, len(memory.origin))
        return [nats, coloured, fit, lost, carried, won.stays, won.leader, won.best]

    def refine() -> list[Value]:
        return list(equations(f, at, surface, things, t))

    _give(g, _WEIGHED, g.branch(refining, lambda: _nothing(_WEIGHED), weigh, _kinds(_WEIGHED)))
    _give(g, _REFINED, g.branch(refining, refine, lambda: _nothing(_REFINED), _kinds(_REFINED)))
    told = {f"memory.{name}": (array.dtype, array.shape) for name, array in arrays_of(memory).items()}
    _give(g, told, g.branch(telling, lambda: list(held.values()), lambda: _nothing(told), _kinds(told)))
    return g.model("colonnade_column", "colonnade", __version__)


_WEIGHED = {
    "nats": (F, ("K", "M")),
    "coloured": (F, ("K", "M")),
    "fit": (F, ("K", "M")),
    "lost": (F, ("K", "M")),
    "carried": (F, ("K",)),
    "stays": (np.bool_, ("K",)),
    "leader": (I, (1,)),
    "best": (F, ("O",)),
}
_REFINED = {"matrix": (F, ("K", 36)), "vector": (F, ("K", 6))}


def _kinds(told: dict) -> list:
    return [kind for kind, _ in told.values()]


def _nothing(told: dict) -> list:
    """Empty tensors in the place of what was not asked for."""
    return [np.zeros([0] * len(shape), kind) for kind, shape in told.values()]


def _give(g: Builder, told: dict, values: list[Value]) -> None:
    for (name, (kind, shape)), value in zip(told.items(), values, strict=True):
        g.output(name, value, kind, shape)


def _lost(met: Score, t: Tolerance, trust: Value, objects: Value) -> Value:
    """(1, K, M) as `ranking.lost` says of percepts on the object."""
    shape, print_ = trust.take(objects, axis=1).deeper(-1).parts(1, 1)
    shaped = t.gain - met.nats - met.coloured
    return (shape * shaped + print_ * met.coloured).at_most(MOST_COUNTED)


def _added(evidence: Value, nats: Value) -> Value:
    """Evidence (K,) and then what each percept tells (K, M), one after the other."""
    all_ = evidence.builder.op("Concat", evidence.deeper(1), nats, axis=1)
    return all_.running(1).take(np.int64(-1), axis=1)
