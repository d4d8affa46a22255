"""What a firmware takes of flash and RAM, object by object, from the map that its linker wrote.

    python -m colonnade_bridge.size_report build/an500/colonnade.map --json-file sizes.json

The map is asked, not the object files, as it knows what was left out because nobody calls it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from colonnade_bridge.errors import BridgeError

__all__ = ["Part", "SizeReport", "SizeReportError", "main", "read_map"]

_BEGIN = "Linker script and memory map"
_CODE = (".text", ".rodata", ".ARM.exidx", ".init", ".fini", ".plt", ".eh_frame")
_DATA = (".data", ".init_array", ".fini_array", ".got", ".dynamic")
_BSS = (".bss",)
_STACK = (".stack",)
_OUTPUT = re.compile(r"^(\.[\w.]+)(?:\s+0x\w+\s+0x(\w+))?")
_INPUT = re.compile(r"^ (\.\S+|COMMON|\*fill\*)?\s+0x\w{8,}\s+0x(\w+)(?:\s+(\S.*?))?\s*$")
FILL = "(alignment)"


class SizeReportError(BridgeError, ValueError):
    """A file is no linker's map; the message names it."""


@dataclass(frozen=True)
class Part:
    """What one object file contributed, bytes."""

    name: str
    code: int
    """Instructions and constants, in flash."""
    data: int
    """Variables with a value to begin with, in RAM and in flash."""
    bss: int
    """Other variables, in RAM."""


@dataclass(frozen=True)
class SizeReport:
    """What a firmware takes, bytes."""

    parts: tuple[Part, ...]
    """Largest code first."""
    stack: int
    """RAM that is set aside for the stack."""

    @property
    def flash(self) -> int:
        """What is written to flash."""
        return sum(part.code + part.data for part in self.parts)

    @property
    def ram(self) -> int:
        """All of it: variables and stack."""
        return self.stack + sum(part.data + part.bss for part in self.parts)

    def to_json(self) -> dict[str, object]:
        """Plain values: the parts, and what they come to."""
        return {
            "parts": [asdict(part) for part in self.parts],
            "stack_bytes": self.stack,
            "flash_bytes": self.flash,
            "ram_bytes": self.ram,
        }

    def __str__(self) -> str:
        """The table."""
        total = Part(
            "all",
            *(sum(getattr(part, kind) for part in self.parts) for kind in ("code", "data", "bss")),
        )
        width = max(len(part.name) for part in (*self.parts, total))
        rows = [f"{'object':{width}}  {'code':>8} {'data':>8} {'bss':>8}"]
        rows += [
            f"{part.name:{width}}  {part.code:8,} {part.data:8,} {part.bss:8,}"
            for part in (*self.parts, total)
        ]
        rows.append(f"flash {self.flash:,} bytes, RAM {self.ram:,} of which stack {self.stack:,}")
        return "\n".join(rows)


def read_map(path: Path) -> SizeReport:
    """The sizes in a map of GNU ld.

    Raises:
        SizeReportError: it is none.
        OSError: it cannot be read.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    if _BEGIN not in text:
        raise SizeReportError(f"{path} is no linker's map.")
    sizes: dict[str, list[int]] = {}
    stack = 0
    for section, size, file in _contributions(text.partition(_BEGIN)[2]):
        kind = _kind(section)
        if kind == 3:
            stack += size
        elif kind >= 0:
            sizes.setdefault(_object_name(file), [0, 0, 0])[kind] += size
    parts = [Part(name, *size) for name, size in sizes.items() if any(size)]
    return SizeReport(tuple(sorted(parts, key=lambda p: (-p.code, -p.bss, p.name))), stack)


def _contributions(text: str) -> Iterator[tuple[str, int, str]]:
    """The output section, size and object file of everything that was linked in."""
    section = ""
    for line in _joined(text):
        if output := _OUTPUT.match(line):
            section = output[1]
            if section in _STACK and output[2]:
                yield section, int(output[2], 16), ""
        elif line.startswith("/DISCARD/"):
            section = ""
        elif section not in _STACK and (found := _INPUT.match(line)):
            file = FILL if found[1] == "*fill*" else found[3]
            if file:
                yield section, int(found[2], 16), file


def _joined(text: str) -> Iterator[str]:
    """The lines, where a long name pushed the rest into the next one put together again."""
    before = ""
    for line in text.splitlines():
        if re.fullmatch(r" ?\.\S+", line):
            before = line
            continue
        yield before + line if before else line
        before = ""


def _kind(section: str) -> int:
    """0 code, 1 data, 2 bss, 3 stack; -1 what takes no memory on the board."""
    for kind, names in enumerate((_CODE, _DATA, _BSS, _STACK)):
        if section in names or section.startswith(tuple(f"{name}." for name in names)):
            return kind
    return -1


def _object_name(file: str) -> str:
    """`link/cln_frame.o` of a file of ours, `libc_nano.a(memcpy)` of a library's."""
    library = re.search(r"([^/]+\.a)\((?:lib_a-)?(.+?)\.o\)$", file)
    if library:
        return f"{library[1]}({library[2]})"
    parts = Path(file).parts
    if len(parts) > 1 and parts[-2] in ("link", "ports", "firmware"):
        return "/".join(parts[-2:])
    return parts[-1] if parts else file


def main(map_file: Path, /, json_file: Path | None = None) -> None:
    """Print the table of a map, and write it as JSON where asked to."""
    report = read_map(map_file)
    print(report)
    if json_file is not None:
        json_file.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
