"""The column's step as one static graph: no loop, K hypotheses by M percepts at once.

Fed with hypotheses and the percepts that enter, it says what these tell, what the evidence is after
them, which hypotheses win and who leads; or else, of poses that are to be refined, their normal
equations. docs/spec/onnx.md lists inputs and outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from onnx import ModelProto

from colonnade_bridge.onnx.algebra import Builder, Value
from colonnade_bridge.onnx.association import Stored, Things, carry, look_up, store, things_of
from colonnade_bridge.onnx.content import arrays_of
from colonnade_bridge.onnx.pulls import equations
from colonnade_bridge.onnx.scoring import Score, score
from colonnade_bridge.onnx.sight import missed_of, most_steps, score_misses
from colonnade_bridge.onnx.surface import (
    Allowed,
    Percepts,
    Placed,
    bent_of,
    percepts_of,
    surface_of,
)
from colonnade_bridge.onnx.winners import contest
from colonnade_models import __version__
from colonnade_models.column_state import Settings
from colonnade_models.cost import MOST_MISSED
from colonnade_models.evidence import FEATURE_SIZE, Tolerance
from colonnade_models.memory import Memory
from colonnade_models.twin import MOST_COUNTED

__all__ = ["build"]

FLOAT, INTEGER, TRUTH = np.float32, np.int64, np.bool_


class _Output(NamedTuple):
    name: str
    kind: Any
    shape: tuple[int | str, ...]


_WEIGHED = (
    _Output("nats", FLOAT, ("K", "M")),
    _Output("coloured", FLOAT, ("K", "M")),
    _Output("fit", FLOAT, ("K", "M")),
    _Output("lost", FLOAT, ("K", "M")),
    _Output("carried", FLOAT, ("K",)),
    _Output("stays", TRUTH, ("K",)),
    _Output("leader", INTEGER, (1,)),
    _Output("best", FLOAT, ("O",)),
)
_REFINED = (_Output("matrix", FLOAT, ("K", 36)), _Output("vector", FLOAT, ("K", 6)))


class _Inputs(NamedTuple):
    poses: Value
    objects: Value
    evidence: Value
    count: Value  # type: ignore[assignment]
    features: Value
    tolerance: Value
    winners: Value
    slack: Value
    reach: Value
    refining: Value
    telling: Value


def build(memory: Memory, settings: Settings, tolerance: Tolerance) -> ModelProto:
    """The graph of a column over a complete memory.

    Of the settings `winners`, `slack` and `reach` may be fed anew, and so may the tolerance.
    """
    g = Builder()
    fed = _inputs(g, settings, tolerance)
    arrays = arrays_of(memory)
    held = {name: g.constant(array, name) for name, array in arrays.items()}
    stored = store(g, memory, held, g.constant(bent_of(memory)))
    things = things_of(stored, fed.objects)
    f, t = percepts_of(fed.features), Allowed(*fed.tolerance.parts(*[1] * len(tolerance)))
    turned, shift = carry(fed.poses, f.vectors)
    location, normal, direction = (part.flatter(0) for part in turned.parts(1, 1, 1))
    at = Placed(location + shift, normal, direction)
    surface = surface_of(stored, look_up(stored, things, at.location, at.normal), at.location)

    def weigh() -> list[Value]:
        met = score(f, at, surface, t)
        misses = _misses(memory, f, at, stored, things, t, fed.reach)
        off = f.on_object.equals(FLOAT(0))
        nats = off.where(misses, met.nats).flatter(0)
        lost = off.where((-misses).at_most(MOST_MISSED), _lost(memory, fed.objects, met, t))
        carried = _added(fed.evidence, nats)
        won = contest(carried, fed.objects, fed.count, fed.winners, fed.slack, len(memory.origin))
        coloured = off.where(FLOAT(0), met.coloured).flatter(0)
        fit = off.where(misses, met.fit).flatter(0)
        return [nats, coloured, fit, lost.flatter(0), carried, won.stays, won.leader, won.best]

    def refine() -> list[Value]:
        return list(equations(f, at, surface, things, t))

    told = [_Output(f"memory.{name}", array.dtype, array.shape) for name, array in arrays.items()]
    _give(g, _WEIGHED, g.branch(fed.refining, _nothing(_WEIGHED), weigh, _kinds(_WEIGHED)))
    _give(g, _REFINED, g.branch(fed.refining, refine, _nothing(_REFINED), _kinds(_REFINED)))
    _give(g, told, g.branch(fed.telling, held.values, _nothing(told), _kinds(told)))
    return g.model("colonnade_column", "colonnade", __version__)


def _inputs(g: Builder, settings: Settings, tolerance: Tolerance) -> _Inputs:
    return _Inputs(
        g.input("poses", FLOAT, ["K", 12]),
        g.input("objects", INTEGER, ["K"]),
        g.input("evidence", FLOAT, ["K"]),
        g.input("count", INTEGER, [1]),
        g.input("features", FLOAT, ["M", FEATURE_SIZE]),
        g.input("tolerance", FLOAT, [len(tolerance)], np.array(tolerance)),
        g.input("winners", INTEGER, [1], np.array([settings.winners])),
        g.input("slack", FLOAT, [1], np.array([settings.slack])),
        g.input("reach", FLOAT, [1], np.array([settings.reach])),
        g.input("refining", TRUTH, [1], np.array([False])),
        g.input("telling", TRUTH, [1], np.array([False])),
    )


def _misses(
    memory: Memory,
    f: Percepts,
    at: Placed,
    stored: Stored,
    things: Things,
    t: Allowed,
    reach: Value,
) -> Value:
    """(1, K, M) what percepts off the object tell."""
    missed = reach.builder.constant(missed_of(memory))
    return score_misses(f, at, stored, things, missed, t.pierced, reach, most_steps(memory))


def _lost(memory: Memory, objects: Value, met: Score, t: Allowed) -> Value:
    """(1, K, M) as `cost.lost` says of percepts on the object."""
    trust = objects.builder.constant(np.ascontiguousarray(memory.trust.T))
    in_shape, in_print = trust.take(objects, axis=1).deeper(-1).parts(1, 1)
    shaped = t.gain - met.nats - met.coloured
    return (in_shape * shaped + in_print * met.coloured).at_most(MOST_COUNTED)


def _added(evidence: Value, nats: Value) -> Value:
    """Evidence (K,) and then what each percept tells (K, M), one after the other."""
    parts = evidence.builder.op("Concat", evidence.deeper(1), nats, axis=1)
    return parts.running(1).take(np.int64(-1), axis=1)


def _kinds(outputs: Sequence[_Output]) -> list[Any]:
    return [output.kind for output in outputs]


def _nothing(outputs: Sequence[_Output]) -> Any:
    """What builds empty tensors in the place of what is not asked for."""
    empty = [np.zeros([0] * len(output.shape), output.kind) for output in outputs]
    return lambda: empty


def _give(g: Builder, outputs: Sequence[_Output], values: list[Value]) -> None:
    for output, value in zip(outputs, values, strict=True):
        g.output(output.name, value, output.kind, output.shape)
