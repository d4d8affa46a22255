"""A meeting: the agent comes upon an object whose name nobody tells.

Either it knows the object; then it goes on touching it where the found pose says that its
surface is, and what was felt refines what is known. Or it does not; then it goes on exploring it
where it lies and learns it as a new one. In doubt memory stays as it is.

Four guards keep memory sound. Touches all over what was recognised must bring nearly what they
brought when it was learned; where they do not, the pose is thought over, and if they still bring
much less it is another object after all. Where much more is found around what is known, nothing is
merged. And an object refined must explain its earlier touches no worse than before, and the new
ones no worse than the old object did.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from colonnade.cycle import new_log
from colonnade.exploration import Explorer, at_origin
from colonnade.learning import never_met
from colonnade.mind import Felt, Mind
from colonnade.policies.choose import new_policy
from colonnade.practice import practise_here
from colonnade.recognition import think
from colonnade.senses import BodyName, NoiseName, Senses
from colonnade.summary import UNKNOWN
from colonnade_envs.objects import ObjectMesh
from colonnade_envs.poses import quaternion_of
from colonnade_models import column as C
from colonnade_models import percept as P
from colonnade_models.consolidation import sketch
from colonnade_models.distinction import after
from colonnade_models.explanation import IDENTITY, aligned, explain
from colonnade_models.learned import LearnedObject
from colonnade_models.learning import draft_of, new_draft
from colonnade_models.memory import Memory, ObjectMemory
from colonnade_models.settling import settle
from colonnade_models.twin import POSE_SIZE

__all__ = ["Meeting", "meet"]

Array = NDArray[np.float32]

SPACING = 0.003
"""Voxels to begin with, m: on finer ones the touches of a noisy sensor leave gaps."""
VISITS = 200
"""Places all over an object that are visited before memory may change."""
BESIDE = 0.002
"""Metres along the surface by which these places lie beside the touches that were learned from."""
THOUGHTS = 4
"""Times that the pose is thought over where the visits disagree."""
SURE = 0.88
"""Share of the usual nats a visit that a recognised object must reach to be refined."""
STRANGE = 0.78
"""Share below which it is another object after all. In 92 later meetings with built-in objects and
random shapes, with noise and without, right answers reached 0.90 to 1.09; in 64 meetings with
objects taken out of memory, under noise, whatever was proposed instead reached 0.73 at most."""
LEAST_USUAL = 1.0
"""Nats a visit to which the usual ones are rounded up, that their share means something."""
EXTENSION = 64
"""Touches at most that go where a known object was never touched."""
MOST_STRAYS = 20
"""Of these, how many may not fit what is known: more of them is another, larger object, and must
not be merged. Of right answers one in forty had more, where a deep hollow had been missed."""
FORGOTTEN = 0.1
"""Nats a touch by which a refined object may explain its earlier touches worse."""
MOST_TOUCHES = 8000
"""An object felt this often is known well enough."""


@dataclass(frozen=True, eq=False)
class Meeting:
    """What came of one episode."""

    answer: str | None
    """What the mind calls the object, `unknown`, or None if memory proposed nothing."""
    timeout: bool
    """The step limit came first; `answer` is then the strongest hypothesis."""
    steps: int
    """Percepts that reached the column before it decided."""
    explored: int
    """Touches after that."""
    agreement: float
    """Share of the usual nats that visits all over what was recognised brought; NaN without."""
    rotation: NDArray[np.float64]
    """(4,) found for the answer, quaternion from its reference frame to the world; else NaN."""
    felt: Felt | None
    """What memory is to keep of it; None where it stays as it is."""
    seconds: float


def meet(
    mind: Mind,
    mesh: ObjectMesh,
    rotation: NDArray[np.float64],
    *,
    body: BodyName,
    noise: NoiseName,
    seed: int,
    max_steps: int,
) -> Meeting:
    """Come upon `mesh`, turned by `rotation` (4,) object -> world; the mind stays as it is.

    Deterministic in its arguments but for the time it reports.
    Raises UnlearnableError if the sensor never met the object.
    """
    return _Meeting(mind, mesh, body, noise, seed, max_steps).run(rotation)


class _Meeting:
    """One episode."""

    def __init__(
        self,
        mind: Mind,
        mesh: ObjectMesh,
        body: BodyName,
        noise: NoiseName,
        seed: int,
        max_steps: int,
    ) -> None:
        self.mind, self.mesh, self.body, self.seed = mind, mesh, body, seed
        self.senses = Senses(mesh, body, noise)
        self.settings = C.default_settings()._replace(reach=self.senses.eye.max_range)
        self.log = new_log(max_steps, 0, evidence=False)
        self.percepts = np.zeros((0, P.PERCEPT_SIZE), np.float32)
        self.random = np.random.default_rng([seed, 3])
        self.agreement, self.explored = np.nan, 0
        self.met = np.zeros(0, np.bool_)
        self.rotation = np.full(4, np.nan)

    def run(self, rotation: NDArray[np.float64]) -> Meeting:
        """Recognise, then explore or refine."""
        started = time.perf_counter()
        try:
            try:
                self.senses.reset(rotation, self.seed)
            except RuntimeError as error:  # no place to begin at
                raise never_met(self.mesh, self.body) from error
            answer, felt, timeout = self._meet()
        finally:
            self.senses.close()
        return Meeting(
            answer=answer,
            timeout=timeout,
            steps=int(self.log.steps[0]),
            explored=self.explored,
            agreement=self.agreement,
            rotation=self.rotation,
            felt=felt,
            seconds=time.perf_counter() - started,
        )

    def _meet(self) -> tuple[str | None, Felt | None, bool]:
        """What the object is called, what to keep of it, and whether the steps ran out."""
        if not len(self.mind.memory):
            return UNKNOWN, self._new(), False
        memory = self.mind.memory.arrays
        column = C.init(memory, self.settings, most_percepts=len(self.log.percept) + VISITS)
        random = np.random.default_rng([self.seed, 2])
        state = think(self.senses, column, memory, new_policy(random), self.log, random)
        C.polish(column, memory)
        self.percepts = self.log.percept[: int(self.log.steps[0])]
        if state == C.RECOGNISED:
            state = self._confirm(column)
        name, _ = self._leader(column)
        if state == C.UNKNOWN:
            return UNKNOWN, self._new(), False
        if state == C.RECOGNISED and self.agreement >= SURE:
            assert name is not None
            return name, self._refined(name, self.pose), False
        return name, None, state == C.OPEN

    def _leader(self, column: C.Column) -> tuple[str | None, Array]:
        """Name and pose (12,) of the strongest hypothesis."""
        h, leader = column.hypotheses, int(column.verdict.state[1])
        if leader < 0:
            return None, IDENTITY
        return self.mind.memory.names[h.object[leader]], h.pose[leader].copy()

    def _confirm(self, column: C.Column) -> int:
        """Visit places all over what was recognised; RECOGNISED, or UNKNOWN after all.

        Where the visits disagree the column thinks once more, and what it then holds true is
        visited in its turn.
        """
        name, pose = self._leader(column)
        assert name is not None
        self._visit(name, pose)
        if self.agreement >= SURE:
            return C.RECOGNISED
        self._think_again(column, self.mind.memory.arrays)
        name, pose = self._leader(column)
        if name is None or column.verdict.state[0] == C.UNKNOWN:
            return C.UNKNOWN
        self._visit(name, self._searched(name, pose))
        return C.RECOGNISED if self.agreement >= STRANGE else C.UNKNOWN

    def _visit(self, name: str, pose: Array) -> None:
        """Go where an object in a pose should be; set how well that agrees, and the pose found."""
        known, felt = self.mind.memory[name], self.mind.felt[name]
        explorer = Explorer(self.senses, pose, self.random)
        visits = explorer.visits(felt.aims)
        self.explored += explorer.steps
        self.percepts = np.concatenate([visits, self.percepts])
        self.met = visits[:, P.ON_OBJECT] > 0
        alone = ObjectMemory([known]).arrays
        reach = float(self.senses.eye.max_range)
        self.pose = self._best_pose(alone, [pose, *_turned(known.twins, pose)])
        self.rotation = quaternion_of(self.pose[:9].reshape(3, 3).T.astype(np.float64))
        usual = explain(alone, 0, IDENTITY, felt.visits, reach).mean()
        brought = explain(alone, 0, self.pose, visits, reach).mean()
        self.agreement = float(brought / max(usual, LEAST_USUAL))

    def _think_again(self, column: C.Column, memory: Memory) -> None:
        """Let a column meet all percepts of the episode in an order of chance."""
        C.reset(column)
        for percept in self.random.permutation(self.percepts):
            C.step(column, memory, percept)
        C.polish(column, memory)

    def _searched(self, name: str, pose: Array) -> Array:
        """The pose (12,) of an object that explains all percepts best of several thoughts.

        Each begins with other percepts, and thinks of nothing but this object.
        """
        alone = ObjectMemory([self.mind.memory[name]]).arrays
        column = C.init(alone, self.settings, most_percepts=len(self.percepts))
        poses = [pose]
        for _ in range(THOUGHTS):
            self._think_again(column, alone)
            leader = int(column.verdict.state[1])
            if leader >= 0:
                poses.append(column.hypotheses.pose[leader].copy())
        return self._best_pose(alone, poses)

    def _best_pose(self, alone: Memory, poses: list[Array]) -> Array:
        """Of poses (12,) of object 0 the one that explains all percepts best, aligned."""
        poses = [aligned(alone, 0, pose, self.percepts) for pose in poses]
        reach = float(self.senses.eye.max_range)
        return max(poses, key=lambda pose: explain(alone, 0, pose, self.percepts, reach).sum())

    def _new(self) -> Felt:
        """Explore the object where it lies; its frame has its origin at the first contact."""
        random = np.random.default_rng([self.seed, 1])
        pose = at_origin(self.senses.robot.contact[0])
        explorer = Explorer(self.senses, pose, random, new_draft(SPACING))
        for percept in self.percepts:
            explorer.keep(percept)
        explorer.explore()
        touches = _on_object(explorer)
        if not len(touches):
            raise never_met(self.mesh, self.body)
        name, spacing = self.mind.next_name(), float(explorer.draft.spacing[0])
        settled = settle(touches, spacing)
        known = sketch(name, draft_of(settled, spacing), explorer.steps)
        practice = practise_here(self.senses, pose, known, random)
        aims = _beside(random.permutation(settled)[:VISITS], random)
        visits = np.array([explorer.carried(percept) for percept in explorer.visits(aims)])
        self.explored += explorer.steps + len(practice.aimed)
        place = np.concatenate(
            [known.surfels.position[practice.aimed], known.surfels.normal[practice.aimed]], axis=1
        )
        return Felt(
            name=name,
            touches=touches,
            practice=practice.touches,
            jumps=_jumps(place, practice.met),
            spacing=spacing,
            steps=len(self.percepts) + explorer.steps + len(practice.aimed),
            aims=aims,
            visits=visits,
        )

    def _refined(self, name: str, pose: Array) -> Felt | None:
        """What this meeting adds to a known object; None if that would not make it better."""
        known, felt = self.mind.memory[name], self.mind.felt[name]
        if len(felt.touches) >= MOST_TOUCHES:
            return None
        draft = draft_of(felt.touches, felt.spacing)
        explorer = Explorer(self.senses, pose, self.random, draft)
        for percept in self.percepts:
            explorer.keep(percept)
        before = len(_on_object(explorer))
        explorer.flood(EXTENSION)
        self.explored += explorer.steps
        touches = _on_object(explorer)
        if (_nats(known, touches[before:]) < 0.0).sum() > MOST_STRAYS:
            return None
        new = Felt(
            name=name,
            touches=touches,
            practice=touches[:0],
            jumps=_jumps(felt.aims, self.met),
            spacing=felt.spacing,
            steps=len(self.percepts) + explorer.steps,
            aims=felt.aims[:0],
            visits=felt.visits[:0],
        )
        better = self.mind.would_know(new)
        loses = _nats(known, felt.touches).mean() - _nats(better, felt.touches).mean()
        gains = _nats(better, touches).mean() - _nats(known, touches).mean()
        return new if loses <= FORGOTTEN and gains >= 0.0 else None


def _on_object(explorer: Explorer) -> Array:
    """(M, 18) what the explorer felt on the object, in the frame of its draft."""
    touches = np.array(explorer.touches, np.float32).reshape(-1, P.PERCEPT_SIZE)
    return touches[touches[:, P.ON_OBJECT] > 0]


def _jumps(places: Array, met: NDArray[np.bool_]) -> Array:
    """(A, 7) places and normals (A, 6), and whether touches aimed there met the object."""
    return np.column_stack([places, met]).astype(np.float32)


def _nats(learned: LearnedObject, touches: Array) -> Array:
    """(M,) nats by which an object explains each of (M, 18) touches in its own frame."""
    return explain(ObjectMemory([learned]).arrays, 0, IDENTITY, touches)


def _beside(touches: Array, random: np.random.Generator) -> Array:
    """(K, 6) places beside touches (K, 18), as a pose that is slightly off misses them, normals."""
    aims = touches[:, P.LOCATION : P.NORMAL + 3].copy()
    along = touches[:, P.DIRECTION : P.DIRECTION + 3]
    across = np.cross(touches[:, P.NORMAL : P.NORMAL + 3], along)
    off = random.normal(0.0, BESIDE, (len(touches), 2)).astype(np.float32)
    aims[:, :3] += off[:, :1] * along + off[:, 1:] * across
    return aims


def _turned(twins: Array, pose: Array) -> Array:
    """The pose (12,) followed by each of an object's twins (W, 16): (W, 12)."""
    poses = np.empty((len(twins), POSE_SIZE), np.float32)
    for twin, turned in zip(twins, poses, strict=True):
        after(twin[:POSE_SIZE], pose, turned)
    return poses
