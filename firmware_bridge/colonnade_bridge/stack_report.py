"""How deep the stack can get, from the call graphs that GCC writes with -fcallgraph-info=su.

    python -m colonnade_bridge.stack_report build/an500/stack

Every chain of calls is followed, so the answer is a bound and not a measurement. It counts what
the compiler saw: functions of libraries, which it did not, are allowed `LIBRARY` bytes each. At the
worst moment an interrupt may come, and on top of it the watchdog's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

__all__ = ["START", "Chain", "Graph", "StackReportError", "deepest", "main", "read_graphs", "worst"]

START = "cln_reset"
BARK = "cln_bark"
"""Where the firmware starts, and the watchdog's interrupt."""

LIBRARY = 32
"""Bytes allowed to a function that was not compiled here, such as memcpy."""
INTERRUPT = 104
"""What a Cortex-M with an FPU saves when an interrupt comes."""

_NODE = re.compile(r'^node: \{ title: "([^"]*)" label: "([^"]*)"')
_EDGE = re.compile(r'^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"')
_BYTES = re.compile(r"(\d+) bytes \(([^)]*)\)")


class StackReportError(ValueError):
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
    return graph


def deepest(graph: Graph, start: str) -> Chain:
    """The chain of calls from `start` that needs most stack.

    Raises:
        StackReportError: a function calls itself, by way of others perhaps, or through a pointer.
    """
    return _deepest(graph.frames, graph.calls, start, (), {})


def worst(graph: Graph, start: str = START) -> int:
    """Bytes of stack that are enough, interrupts included.

    Raises:
        StackReportError: as `deepest` does.
    """
    called = {callee for callees in graph.calls.values() for callee in callees}
    # one that is static and called by nobody would not compile, so its address is in the vectors
    handlers = [name for name in graph.frames if ":" in name and name not in called]
    need = deepest(graph, start).bytes
    if handlers:
        need += INTERRUPT + max(deepest(graph, name).bytes for name in handlers)
    if BARK in graph.frames:
        need += INTERRUPT + deepest(graph, BARK).bytes
    return need


def _deepest(
    frames: Mapping[str, int],
    calls: Mapping[str, set[str]],
    name: str,
    above: tuple[str, ...],
    known: dict[str, Chain],
) -> Chain:
    if name in known:
        return known[name]
    if name in above:
        raise StackReportError(f"{name} calls itself: {' > '.join((*above, name))}.")
    if name == "__indirect_call":
        raise StackReportError(f"{above[-1]} calls through a pointer.")
    below = [
        _deepest(frames, calls, callee, (*above, name), known)
        for callee in sorted(calls.get(name, ()))
    ]
    worst = max(below, key=lambda chain: chain.bytes, default=Chain(0, ()))
    own = frames.get(name, LIBRARY)
    known[name] = Chain(own + worst.bytes, (name, *worst.functions))
    return known[name]


def main(folder: Path, /, start: str = START) -> None:
    """Print the deepest chain of calls, and how much stack is enough."""
    graph = read_graphs(folder)
    for name in deepest(graph, start).functions:
        print(f"{graph.frames.get(name, LIBRARY):6,}  {name}")
    print(f"{worst(graph, start):6,}  with interrupts")


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
