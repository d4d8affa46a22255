"""Builds the firmware from the C sources of the installed package.

What was built is kept in the user's cache under a name that follows from every byte that went
into it, so that the same firmware is compiled once.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import NamedTuple

from colonnade_bridge.boards import BOARDS
from colonnade_bridge.cache_folder import cache_folder, check_room, keeping
from colonnade_bridge.errors import BridgeError
from colonnade_bridge.tools import find_tool
from colonnade_bridge.wire.dialect import XML

__all__ = ["SOURCES", "TARGETS", "BuildError", "Firmware", "build", "sources", "sources_digest"]

SOURCES = Path(__file__).parent / "c"
"""The folder of the C runtime, its Makefile in it."""

TARGETS = {"posix": "gcc", **dict.fromkeys(BOARDS, "arm-none-eabi-gcc")}
"""What can be built for, and the compiler that it takes."""

_ONE_WORD = re.compile(r"[\w/.,+@~-]+")
"""Paths that Make takes for one word, and for nothing else."""

_RAISED = re.compile(r"[\w.]+Error: ")
"""How the last line of a traceback begins."""

_KINDS = {".c", ".h", ".ld", ".cflags", ".xml", ""}


class BuildError(BridgeError, RuntimeError):
    """The firmware could not be built; the message ends with what the compiler said."""


class Firmware(NamedTuple):
    """What was built."""

    elf: Path
    """To be run or flashed."""
    map: Path
    """What the linker put where."""
    key: Path
    """The key of its link; there is none of a program without one."""


def sources() -> list[Path]:
    """Every file that the firmware is made of, sorted."""
    return sorted(
        path
        for path in SOURCES.rglob("*")
        if path.is_file()
        and path.suffix in _KINDS
        and "build" not in path.relative_to(SOURCES).parts
    )


def sources_digest() -> str:
    """A name for every byte of `sources`."""
    content = hashlib.sha256()
    for path in sources():
        content.update(f"\0{path.relative_to(SOURCES)}\0".encode())
        content.update(path.read_bytes())
    return content.hexdigest()


def build(
    target: str,
    folder: Path | None = None,
    *,
    key: Path | None = None,
    program: str = "colonnade",
    extra: str = "",
) -> Firmware:
    """Build the firmware, or another program, for one of `TARGETS`.

    Args:
        folder: where to build; what is there and up to date is kept. None: the cache.
        key: file of the key that the firmware shares with its host. None: one is drawn, and kept
            beside the firmware.
        program: `colonnade`, or `check`, the first program on a new board.
        extra: further flags for the compiler.

    Raises:
        ToolError: make or the compiler is not installed.
        BuildError: the compiler or the linker refused; a program too large for its memory is.
        ValueError: there is no such target.
        CacheError: the cache cannot be written, or is full.
        OSError: the same of the folder, or the key cannot be read.
    """
    if target not in TARGETS:
        raise ValueError(f"There is no target {target}: choose {', '.join(TARGETS)}.")
    compiler = find_tool(TARGETS[target])
    find_tool("make")
    if folder is not None:
        return _make(target, program, folder, key, extra)
    kept = cache_folder() / "firmware" / f"{target}-{program}-{_digest(compiler, key, extra)}"
    if not kept.is_dir():
        with keeping("the firmware"):
            kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".") as scratch:
                fresh = Path(scratch, "fresh")
                _make(target, program, fresh, key, extra)
                with suppress(OSError):  # somebody was faster: theirs is the same
                    fresh.rename(kept)
    return _made(program, kept, key)


def _make(target: str, program: str, folder: Path, key: Path | None, extra: str) -> Firmware:
    words = ["make", "-s", "-j2", f"TARGET={target}", f"PROGRAM={program}"]
    words += [f"PYTHON={shlex.quote(sys.executable)}"]
    words += [f"EXTRA={extra}"] if extra else []
    environment = {**os.environ, "COLONNADE_CACHE": str(cache_folder()), "LC_ALL": "C"}
    folder.mkdir(parents=True, exist_ok=True)
    with _one_word(folder) as build, nullcontext() if key is None else _one_word(key) as secret:
        environment["TMPDIR"] = str(build)  # so that no other disk can be full
        words += [f"BUILD={build}"] + ([] if secret is None else [f"KEY={secret}"])
        made = subprocess.run(
            words, cwd=SOURCES, env=environment, capture_output=True, text=True, check=False
        )
    if made.returncode != 0:
        check_room(made.stderr, folder)
        raise BuildError(f"The firmware for {target} could not be built: {_reason(made.stderr)}")
    return _made(program, folder, key)


@contextmanager
def _one_word(path: Path) -> Iterator[Path]:
    """The path as Make understands it: itself, or a link to it that goes with the block."""
    whole = path.absolute()
    if _ONE_WORD.fullmatch(str(whole)):
        yield whole
        return
    with ExitStack() as passing:
        try:
            scratch = passing.enter_context(tempfile.TemporaryDirectory(prefix="colonnade-"))
            link = Path(scratch, "link")
            link.symlink_to(whole)
        except OSError as error:
            raise BuildError(
                f"Make does not take {whole} for one word, and no link to it can be made "
                f"({error.strerror or error}): set TMPDIR to a folder that is writable."
            ) from error
        if not _ONE_WORD.fullmatch(str(link)):
            raise BuildError(
                f"Make takes neither {whole} nor {tempfile.gettempdir()} for one word: set TMPDIR "
                "to a folder without a space."
            )
        yield link


def _made(program: str, folder: Path, key: Path | None) -> Firmware:
    return Firmware(folder / f"{program}.elf", folder / f"{program}.map", key or folder / "key")


def _reason(told: str) -> str:
    """The line of the compiler's, linker's or Python's that names the error."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    raised = [line.partition(": ")[2] for line in lines if _RAISED.match(line)]
    telling = [
        line for line in lines if "error" in line or "overflow" in line or "will not fit" in line
    ]
    return (raised or telling or lines or ["make said nothing"])[0]


def _digest(compiler: str, key: Path | None, extra: str) -> str:
    """A name for all that the outcome follows from."""
    import pymavlink

    version = subprocess.run([compiler, "--version"], capture_output=True, check=True).stdout
    content = hashlib.sha256(version + pymavlink.__version__.encode() + XML.read_bytes())
    content.update(extra.encode())
    content.update(b"" if key is None else key.read_bytes())
    content.update(sources_digest().encode())
    return content.hexdigest()[:16]
