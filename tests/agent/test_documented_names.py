"""What the pages call by a dotted name is there, so that a reader finds it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    ROOT / "agent" / "colonnade",
    ROOT / "envs" / "colonnade_envs",
    ROOT / "firmware_bridge" / "colonnade_bridge",
    ROOT / "models" / "colonnade_models",
]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DOTTED = re.compile(r"`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)[`(]")
FILE = re.compile(
    r".*\.(blob|cflags|html|json|jsonl|npz|onnx|parquet|safetensors|svg|toml|txt|xml)"
)
ELSEWHERE = {"env.step", "memory.NAME"}
"""Gymnasium's, and names of tensors as a pattern."""


def defined(body: list[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """What a module or a class defines by itself, and the bodies of classes."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield node.name, node.body
        elif isinstance(node, ast.FunctionDef):
            yield node.name, []
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((name.id, []) for name in targets if isinstance(name, ast.Name))


@cache
def known() -> frozenset[str]:
    """Modules, what they define and what their classes have, by their full names."""
    names = set()
    for package in SOURCES:
        for file in package.rglob("*.py"):
            parts = file.relative_to(package.parent).with_suffix("").parts
            module = ".".join(parts).removesuffix(".__init__")
            names.add(module)
            for name, members in defined(ast.parse(file.read_text(encoding="utf-8")).body):
                names.add(f"{module}.{name}")
                names.update(f"{module}.{name}.{member}" for member, _ in defined(members))
    return frozenset(names)


def is_known(name: str) -> bool:
    return name in known() or any(full.endswith(f".{name}") for full in known())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_dotted_names_are_those_of_something(page: Path) -> None:
    named = set(DOTTED.findall(page.read_text(encoding="utf-8"))) - ELSEWHERE
    assert {name for name in named if not FILE.fullmatch(name) and not is_known(name)} == set()


def test_a_name_is_known_by_where_it_is_defined() -> None:
    for name in ("colonnade_models.column.step", "column.step", "ObjectMemory.replace"):
        assert is_known(name)
    for name in ("contest.reconsider", "ranking.lost", "olumn.step", "ObjectMemory.nothing"):
        assert not is_known(name)  # moved, only imported there, and never there
