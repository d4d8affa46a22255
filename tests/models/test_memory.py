"""Object memory and its spatial index: what a look-up finds is what trying every surfel finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from tests.models.synthetic import blob, learned, random_table
from tests.naive import spatial_index as naive

from colonnade_models import surfel as S
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import Memory, ObjectMemory, lookup
from colonnade_models.spatial_index import box_of
from colonnade_models.twin import TWIN_SIZE

f = np.float32


def find(memory: Memory, o: int, point: np.ndarray, normal: np.ndarray) -> int:
    i = lookup(memory, o, *(f(k) for k in point), *(f(k) for k in normal))
    return i if i < 0 else i - int(memory.surfel_start[o])


def flat(arrays: Any, prefix: str = "") -> dict[str, np.ndarray]:
    """Every array of nested tuples by its name."""
    out: dict[str, np.ndarray] = {}
    for name, value in arrays._asdict().items():
        out |= (
            flat(value, f"{prefix}{name}.") if isinstance(value, tuple) else {prefix + name: value}
        )
    return out


def same_but_for_ties(thing: LearnedObject, point: np.ndarray, got: int, expected: int) -> bool:
    """Whether two answers agree; float32 may choose either of two equally near surfels."""
    if got == expected:
        return True
    if got < 0 or expected < 0:
        return False
    origin = box_of(thing.table, thing.spacing).origin
    cell = np.floor((point - origin) / thing.spacing) + 0.5
    centre = origin + cell * thing.spacing
    a, b = (np.linalg.norm(thing.surfels.position[i] - centre) for i in (got, expected))
    return bool(abs(a - b) < 1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_lookup_is_brute_force(seed: int) -> None:
    things = [
        LearnedObject("loose", random_table(60, seed, 0.05), 0.004),
        LearnedObject("dense", random_table(900, seed + 50, 0.02), 0.0031),
        LearnedObject("one", random_table(1, seed + 90, 0.02), 0.01),
    ]
    memory = ObjectMemory(things).arrays
    random = np.random.default_rng(seed)
    answers = {"none": 0, "some": 0}
    for o, thing in enumerate(things):
        normals = Rotation.random(300, random_state=seed).as_matrix()[:, 0].astype(f)
        near = thing.table[random.integers(0, len(thing.table), 300), :3]
        points = (near + random.normal(0, 0.006, (300, 3))).astype(f)
        for point, normal in zip(points, normals, strict=True):
            cell = (point - memory.origin[o]) / f(thing.spacing)
            if np.abs(cell - np.round(cell)).min() < 1e-4:
                continue  # on the wall between two cells rounding decides
            got, expected = find(memory, o, point, normal), naive.lookup(thing, point, normal)
            assert same_but_for_ties(thing, point.astype(float), got, expected)
            answers["none" if got < 0 else "some"] += 1
    assert min(answers.values()) > 30


def test_a_thin_wall_answers_with_the_side_that_is_asked_for() -> None:
    table = random_table(2, 0)
    table[:, :3] = [[0, 0, 0.0005], [0, 0, -0.0005]]
    table[:, 3:6] = [[0, 0, 1], [0, 0, -1]]
    memory = ObjectMemory([LearnedObject("sheet", table, 0.004)]).arrays
    for z in (-0.002, -0.0001, 0.0001, 0.002):
        assert find(memory, 0, np.array([0, 0, z]), np.array([0, 0, 1])) == 0
        assert find(memory, 0, np.array([0, 0, z]), np.array([0, 0, -1])) == 1


@pytest.mark.parametrize("far", [0.3, 1e6, 1e20, 3e38, np.inf, -np.inf, -1e20, np.nan])
def test_lookup_far_off_is_none_and_reads_nothing(far: float) -> None:
    memory = ObjectMemory([LearnedObject("a", random_table(50, 1), 0.004)]).arrays
    for k in range(3):
        point = np.zeros(3)
        point[k] = far
        assert find(memory, 0, point, np.array([0, 0, 1])) == -1


def test_adding_an_object_touches_no_other() -> None:
    a = LearnedObject("a", random_table(200, 1), 0.004, twins=np.ones((2, TWIN_SIZE), f))
    b = LearnedObject("b", random_table(300, 2), 0.005, twins=np.ones((1, TWIN_SIZE), f))
    alone, both = ObjectMemory([a]), ObjectMemory([a])
    before = [array.copy() for array in flat(alone.arrays).values()]
    both.add(b)
    small, large = flat(alone.arrays), flat(both.arrays)
    ends = {"packed.start", "twin_start"}
    for (name, array), old in zip(small.items(), before, strict=True):
        assert (array == old).all()
        if name in ("wakefulness.found", "wakefulness.square", "near"):
            continue  # scratch, and bits
        kept = large[name][:, :1] if name == "surprise" else large[name][: len(array)]
        assert (kept == array).all() or name in ends
    assert both.names == ("a", "b")
    random = np.random.default_rng(0)
    for point in random.uniform(-0.04, 0.04, (200, 3)):
        normal = np.array([0, 0, 1.0])
        assert find(alone.arrays, 0, point, normal) == find(both.arrays, 0, point, normal)
        assert find(both.arrays, 1, point, normal) == find(
            ObjectMemory([b]).arrays, 0, point, normal
        )


def test_every_surfel_of_a_real_surface_finds_itself_or_a_neighbour() -> None:
    thing = learned("blob", blob(1))
    memory = ObjectMemory([thing]).arrays
    for i, row in enumerate(thing.table):
        got = find(memory, 0, row[:3], row[3:6])
        assert got >= 0
        assert np.linalg.norm(thing.table[got, :3] - thing.table[i, :3]) < 2 * thing.spacing


def test_names_are_unique_and_rows_sound() -> None:
    a = LearnedObject("a", random_table(5, 1), 0.004)
    memory = ObjectMemory([a])
    with pytest.raises(ValueError, match="already in memory"):
        memory.add(a)
    assert "a" in memory
    assert memory["a"].table.tobytes() == a.table.tobytes()
    assert [thing.name for thing in memory] == ["a"]
    assert len(memory) == 1
    with pytest.raises(ValueError, match="empty"):
        _ = ObjectMemory().arrays
    broken = random_table(5, 1)
    broken[3, 7] = np.nan
    for table in (broken, np.zeros((0, S.SURFEL_SIZE), f), np.zeros((4, 5), f)):
        with pytest.raises(ValueError, match="surfels must be"):
            LearnedObject("x", table, 0.004)
    with pytest.raises(ValueError, match="twins"):
        LearnedObject("x", random_table(5, 1), 0.004, twins=np.zeros((2, 12), f))


@pytest.mark.parametrize("count", [0, 65_535])
def test_an_index_holds_what_sixteen_bits_can_name(count: int) -> None:
    with pytest.raises(ValueError, match="65534"):
        box_of(np.zeros((count, S.SURFEL_SIZE), f), 0.004)


def test_an_object_too_large_for_its_spacing_is_refused() -> None:
    """Before memory is asked for."""
    table = random_table(5, 1)
    table[0, :3] = 5.0
    with pytest.raises(ValueError, match=r"too large for its surfel spacing: 67,108,864 cells"):
        box_of(table, 0.004)


def test_replacing_one_object_leaves_the_others_bit_by_bit() -> None:
    a, b, c = (learned(name, blob(i), count=800) for i, name in enumerate("abc"))
    memory = ObjectMemory([a, b, c])
    before = memory.arrays
    better = learned("b", blob(7), count=1200)
    memory.replace(better)
    assert memory.names == ("a", "b", "c")
    assert memory["b"].table.tobytes() == better.table.tobytes()
    after = memory.arrays
    assert after is not before
    for o, thing in ((0, a), (2, c)):
        own = after.surfels[after.surfel_start[o] : after.surfel_end[o]]
        assert own.tobytes() == thing.table.tobytes() == memory[thing.name].table.tobytes()
    with pytest.raises(KeyError, match="'d'"):
        memory.replace(learned("d", blob(1), count=100))


def test_a_second_memory_leaves_the_objects_of_the_first_as_they_are() -> None:
    first = ObjectMemory([learned(name, blob(k), count=200) for k, name in enumerate("ab")])
    joined = first.arrays.packed
    before = [thing.packed for thing in first.packed()]
    assert all(np.shares_memory(packed.place, joined.place) for packed in before)
    alone = ObjectMemory([first["b"]])
    assert len(alone.arrays.packed.place) == len(before[1].place)
    after = [thing.packed for thing in first.packed()]
    assert all(a is b for a, b in zip(before, after, strict=True))
