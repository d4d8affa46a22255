"""The index of a blob, read as docs/spec/blob.md says, cell by cell."""

from __future__ import annotations

from colonnade_bridge.cells import Cells

__all__ = ["named"]


def named(cells: Cells, along: tuple[int, int, int], cell: tuple[int, int, int]) -> tuple[int, int]:
    """The numbers of the two surfels that a cell names, -1 for none."""
    i, j, k = (c // 4 for c in cell)
    number = int(cells.blocks[(i * along[1] + j) * along[2] + k])
    if number == 0:
        return -1, -1
    row = cells.near[number - 1]
    bit = 16 * (cell[0] % 4) + 4 * (cell[1] % 4) + cell[2] % 4
    masks = [int(row[name][0]) | int(row[name][1]) << 32 for name in ("first", "second")]
    begin, found = 0, []
    for mask in masks:
        before = (mask & (1 << bit) - 1).bit_count()
        found.append(_entry(cells, row, begin + before) if mask >> bit & 1 else -1)
        begin += mask.bit_count()
    return found[0], found[1]


def _entry(cells: Cells, row: object, number: int) -> int:
    entries, bases = int(row["entries"]), int(row["bases"])  # type: ignore[index]
    if cells.wide:
        return int.from_bytes(cells.entries[entries + 2 * number :][:2], "little")
    byte = cells.entries[entries + number]
    return int(cells.bases[bases + byte // 32]) + byte % 32
