"""What a benchmark has done is kept at once, and not done again by --resume."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from colonnade.bench.code_digest import code_digest
from colonnade.files import plain
from colonnade.journal import Journal, read_journal

__all__ = ["Kept"]


class Kept:
    """Pieces of work in a journal, each under all that its outcome depends on.

    Use it with ``with``. Whatever it depends on, the code that did it included, has another outcome
    when it is another: what was kept of before is then passed over.
    """

    def __init__(self, path: Path) -> None:
        self._found = {record["of"]: record["outcome"] for record in read_journal(path)}
        self._journal = Journal(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()

    def once(self, do: Callable[[], Any], *matters: object) -> Any:
        """What `do` returned when it was first done with these, as JSON knows it.

        Args:
            do: returns what JSON knows; NaN becomes None.
            matters: names, numbers and whatever says by its `repr` all that it is; the code goes
                without saying.

        Raises OutputError where the disk is full.
        """
        key = _key(matters)
        if key not in self._found:
            outcome = plain(do())
            self._journal.append({"of": key, "outcome": outcome})
            self._found[key] = outcome
        return self._found[key]


def _key(matters: tuple[object, ...]) -> str:
    return hashlib.sha256(repr((code_digest(), *matters)).encode()).hexdigest()[:32]
