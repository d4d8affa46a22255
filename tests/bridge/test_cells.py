"""The index in a blob names what numba's index names, cell by cell, and C finds it there."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.bridge.c_memory import CMemory
from tests.bridge.fuzz_models import models
from tests.bridge.tools import GCC, needs
from tests.models.synthetic import blob, learned, random_table
from tests.naive.cells import named
from tests.naive.spatial_index import cell_pair

from colonnade_bridge import cells as made
from colonnade_bridge.blob import EdgeModel, in_order, read_blob, write_blob
from colonnade_bridge.cells import FARTHEST, MOST_BASES, cells_of, complete
from colonnade_bridge.edge import edge_settings
from colonnade_models.evidence import default_tolerance
from colonnade_models.learned import LearnedObject
from colonnade_models.memory import ObjectMemory, lookup
from colonnade_models.spatial_index import LEAST_REACH, REACH_IN_CELLS


def ordered(thing: LearnedObject) -> ObjectMemory:
    return ObjectMemory([in_order(thing.packed)])


THINGS = {
    "smooth": learned("smooth", blob(1), count=600, spacing=0.01),
    "scattered": LearnedObject("scattered", random_table(200, 3), 0.008),
}


@pytest.mark.parametrize("name", THINGS)
@pytest.mark.parametrize("wide", [False, True])
def test_every_cell_names_what_is_found_by_trying_all(name: str, wide: bool) -> None:
    memory = ordered(THINGS[name])
    arrays, thing = complete(memory), memory[name]
    with patch.object(made, "MOST_BASES", 0 if wide else MOST_BASES):
        index = cells_of(arrays, 0)
    assert index.wide == wide
    assert len(index.bases) == 0 or not wide
    along = tuple(int(n) for n in arrays.blocks_along[0])
    reach = max(LEAST_REACH, REACH_IN_CELLS * thing.spacing)
    position, normal = (thing.table[:, k : k + 3].astype(np.float64) for k in (0, 3))
    origin = arrays.origin[0].astype(np.float64)
    random = np.random.default_rng(0)
    met = 0
    for cell in random.integers(0, [4 * n for n in along], (1500, 3)).tolist():
        expected = cell_pair(
            position, normal, origin + (np.array(cell) + 0.5) * thing.spacing, reach
        )
        assert named(index, along, tuple(cell)) == expected  # type: ignore[arg-type]
        met += expected[1] >= 0
    assert met > 5


@given(st.lists(st.integers(0, 65533), min_size=1, max_size=128, unique=True))
@settings(max_examples=200, deadline=None)
def test_what_a_block_names_is_one_byte_from_its_bases(numbers: list[int]) -> None:
    pair = np.full((64, 2), 0xFFFF, np.uint16)
    pair.ravel()[: len(numbers)] = numbers
    bases = made._bases(pair)
    assert set(bases) <= set(numbers)
    if len(bases) <= MOST_BASES:
        coded = made._coded(np.array(numbers, np.uint16), bases)
        assert (bases[coded // FARTHEST] + coded % FARTHEST == numbers).all()
    else:  # then there is no way: each base is too far from that before
        assert (np.diff(bases) >= FARTHEST).all()


def test_crowded_blocks_have_numbers_in_two_bytes() -> None:
    thing = LearnedObject("crowd", random_table(3000, 1, 0.004), 0.02)
    memory = ordered(thing)
    index = cells_of(complete(memory), 0)
    assert index.wide
    assert CMemory(blob_of(memory)).find(0, memory["crowd"].table[5, :3], np.ones(3, np.float32))


def blob_of(memory: ObjectMemory) -> bytes:
    return write_blob(EdgeModel(memory, edge_settings(0.05), default_tolerance(), 64))


def points_near(table: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """On, about and far from an object; and where nothing can be."""
    near = table[random.integers(0, len(table), 400), :3] + random.normal(0, 0.01, (400, 3))
    far = random.normal(0, 1.0, (40, 3))
    absurd = random.choice([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e9, 0.0], (60, 3))
    return np.concatenate([near, far, absurd]).astype(np.float32)


@needs(*GCC)
@pytest.mark.parametrize("name", ["two", "wide", "one"])
def test_c_finds_what_numba_finds(name: str) -> None:
    data = models()[name]
    memory = read_blob(data).memory
    arrays, c_memory, random = complete(memory), CMemory(data), np.random.default_rng(1)
    found = 0
    for o, thing in enumerate(memory):
        for point in points_near(thing.table, random):
            n = random.normal(size=3).astype(np.float32)
            i = lookup(arrays, o, *point, *n)
            row = None if i < 0 else thing.table[i - arrays.surfel_start[o], :9].tobytes()
            assert c_memory.find(o, point, n) == row
            found += row is not None
    assert found > 200
