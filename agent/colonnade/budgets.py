"""Budgets: how much flash and RAM a robot's controller has for the mind, as one types it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from colonnade.flags import optional

if TYPE_CHECKING:
    from colonnade_bridge.edge import Budget

__all__ = ["NO_LIMIT", "Amount", "FlashBudget", "RamBudget", "budget_of"]


class Amount(int):
    """Bytes, typed with their unit."""


NO_LIMIT = Amount(0)
_MOST = 4 * 1024**3
"""Bytes that a controller of 32 bits can address."""
_UNITS = {"": 1, "k": 1024, "kib": 1024, "m": 1024**2, "mib": 1024**2}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")


def _bytes_from(arguments: list[str]) -> Amount:
    word = arguments[0].strip().lower()
    if word == "none":
        return NO_LIMIT
    found = _AMOUNT.fullmatch(word)
    if found is None or found[2] not in _UNITS:
        raise ValueError("give bytes, such as 131072 or 128KiB, or none for as much as it takes")
    count = float(found[1]) * _UNITS[found[2]]
    if count > _MOST:
        raise ValueError("no controller has more than 4096MiB; none is as much as it takes")
    amount = Amount(count)
    if amount < 1:
        raise ValueError("nothing fits in no bytes")
    return amount


FlashBudget = Annotated[Amount | None, optional("BYTES", "128KiB", _bytes_from)]
RamBudget = Annotated[Amount | None, optional("BYTES", "96KiB", _bytes_from)]


def budget_of(flash: int | None = None, ram: int | None = None) -> Budget:
    """What the options say, where they say nothing what our firmware has."""
    from colonnade_bridge.edge import Budget
    from colonnade_bridge.export import BOARD

    return Budget(
        flash=BOARD.flash if flash is None else flash or None,
        ram=BOARD.ram if ram is None else ram or None,
    )
