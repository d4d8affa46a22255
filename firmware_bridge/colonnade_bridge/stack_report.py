"""How deep the stack can get, from the call graphs that GCC writes with -fcallgraph-info=su.

    python -m colonnade_bridge.stack_report build/an500/stack

Every chain of calls is followed, so the answer is a bound and not a measurement. A static function
that nobody calls by its name is reached through a pointer: an interrupt's if it stands in ports/,
otherwise one that any call through a pointer may mean. Functions of libraries, which were not
compiled here, are allowed `LIBRARY` bytes each. At the worst moment an interrupt may come, and on
top of it the watchdog's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from colonnade_bridge.errors import BridgeError

__all__ = ["START", "Chain", "Graph", "StackReportError", "deepest", "main", "read_graphs", "worst"]

START = "cln_reset"
BARK = "cln_bark"
"""Where the firmware starts, and the watchdog's interrupt."""
LIBRARY = 64
"""Bytes allowed to a function that was not compiled here, such as memcpy."""
INTERRUPT = 112
"""What a Cortex-M with an FPU saves when an interrupt comes, with its alignment."""

_POINTER = "__indirect_call"
_NODE = re.compile(r'^node: \{ title: "([^"]*)" label: "([^"]*)"')
_EDGE = re.compile(r'^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"')
_BYTES = re.compile(r"(\d+) bytes \(([^)]*)\)")


class StackReportError(BridgeError, ValueError):
    """There is no bound, or nothing to find one from; the message says why."""


class Chain(NamedTuple):
    """Calls, the outermost first."""

    bytes: int
    functions: tuple[str, ...]


@dataclass
class Graph:
    """Who calls whom."""

    frames: dict[str, int] = field(default_factory=dict)
    """Bytes of stack that a function takes itself."""
    calls: dict[str, set[str]] = field(default_factory=dict)

    def pointed_at(self) -> list[str]:
        """Static functions that nobody calls by their names."""
        called = {callee for callees in self.calls.values() for callee in callees}
        return [name for name in self.frames if ":" in name and name not in called]

    def interrupts(self) -> list[str]:
        """Those of them that the vectors of a port point at."""
        return [name for name in self.pointed_at() if name.startswith("ports/")]


def read_graphs(folder: Path) -> Graph:
    """The call graph of all that was compiled into `folder`.

    Raises:
        StackReportError: there is none, or a function takes as much as its caller says.
    """
    graph = Graph()
    files = sorted(folder.rglob("*.ci"))
    if not files:
        raise StackReportError(f"{folder} holds no call graphs: compile with -fcallgraph-info=su.")
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            if (node := _NODE.match(line)) and (size := _BYTES.search(node[2])):
                if size[2] not in ("static", "dynamic,bounded"):
                    raise StackReportError(f"{node[1]} takes a stack without a bound.")
                graph.frames[node[1]] = int(size[1])
            elif edge := _EDGE.match(line):
                graph.calls.setdefault(edge[1], set()).add(edge[2])
    interrupts = graph.interrupts()
    graph.calls[_POINTER] = {name for name in graph.pointed_at() if name not in interrupts}
    return graph


def deepest(graph: Graph, start: str) -> Chain:
    """The chain of calls from `start` that needs most stack.

    Raises:
        StackReportError: `start` was not compiled, or a function calls itself, by way of others
            perhaps.
    """
    if start not in graph.frames:
        raise StackReportError(
            f"{start} was not compiled here: stacks are told from a function of the firmware of a "
            "board, not of a process."
        )
    return _deepest(graph, start, (), {})


def worst(graph: Graph, start: str = START) -> int:
    """Bytes of stack that are enough, interrupts included.

    Raises:
        StackReportError: `start` was not compiled, or a function calls itself.
    """
    return deepest(graph, start).bytes + sum(
        INTERRUPT + max(deepest(graph, name).bytes for name in names)
        for names in (graph.interrupts(), [BARK] if BARK in graph.frames else [])
        if names
    )


def _deepest(graph: Graph, name: str, above: tuple[str, ...], known: dict[str, Chain]) -> Chain:
    if name in known:
        return known[name]
    if name in above:
        raise StackReportError(f"{name} calls itself: {' > '.join((*above, name))}.")
    callees: Iterable[str] = sorted(graph.calls.get(name, ()))
    below = [_deepest(graph, callee, (*above, name), known) for callee in callees]
    most = max(below, key=lambda chain: chain.bytes, default=Chain(0, ()))
    own = 0 if name == _POINTER else graph.frames.get(name, LIBRARY)
    known[name] = Chain(own + most.bytes, (name, *most.functions))
    return known[name]


def main(folder: Path, /, start: str = START) -> None:
    """Print the deepest chain of calls, and how much stack is enough."""
    try:
        graph = read_graphs(folder)
        chain, enough = deepest(graph, start), worst(graph, start)
    except StackReportError as error:
        sys.exit(str(error))
    for name in chain.functions:
        if name != _POINTER:
            print(f"{graph.frames.get(name, LIBRARY):6,}  {name}")
    print(f"{enough:6,}  with interrupts")


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
