"""Whatever the bridge refuses is a BridgeError, which one `except` is enough for."""

from __future__ import annotations

import ast

import pytest

from colonnade_bridge.build import SOURCES
from colonnade_bridge.errors import BridgeError

PACKAGE = SOURCES.parent


def raisable() -> dict[str, set[str]]:
    """The exceptions of the package and their bases, as its sources have them."""
    return {
        node.name: {ast.unparse(base) for base in node.bases}
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name.endswith("Error")
    }


ERRORS = raisable()


def lineage(name: str) -> set[str]:
    return {name}.union(*(lineage(base) for base in ERRORS.get(name, ())))


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_it_is_one_of_the_bridge(name: str) -> None:
    assert BridgeError.__name__ in lineage(name)
