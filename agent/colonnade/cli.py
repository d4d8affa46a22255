"""The command line: ``colonnade COMMAND``; `command_table` lists them.

Nothing heavy is imported until a command is chosen and its options are understood. Errors that
a user can cause end in one sentence on stderr, never in a traceback (COLONNADE_DEBUG=1 shows it).

Exit codes: 0 done, 1 it (or a part of it) could not be done, 2 the options make no sense, 70 a bug
in Colonnade, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from colonnade.command_table import ABOUT, COMMANDS
from colonnade.config import BenchConfig, EvaluateConfig
from colonnade.dispatch import do
from colonnade.flags import ConfigError
from colonnade.json_option import json_apart
from colonnade.kernel_cache import kernel_folder
from colonnade.options import understand
from colonnade.output import MAKE_ROOM, MAY_RESUME, TOO_LONG, shortened
from colonnade.stopping import ending, stopped, watch

__all__ = ["main"]

_TEMPORARY = re.compile(r"\.(?:[a-z0-9_]{8,12}~)?(.+)\.partial")
"""Names under which files are written: .NAME.partial, or .UNIQUE~NAME.partial."""

STDOUT = "stdout"
"""What is called so in errors, as it has no name."""


def main(arguments: Sequence[str] | None = None, *, engine: str = "colonnade.engine") -> NoReturn:
    """Run one command and exit with its code.

    Args:
        arguments: what was typed after ``colonnade``; `sys.argv` unless given.
        engine: module that stands for mind and body, see `colonnade.engine.Engine`.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Each worker has one core; results must not depend on how many threads a library starts.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what an encoding lacks is shown as `?`
            stream.reconfigure(errors="replace")
    try:
        watch()
        with _name_stdout():
            code = _run(given, engine)
            sys.stdout.flush()
        ending()
    except SystemExit:
        ending()
        raise
    except BrokenPipeError as error:  # colonnade objects | head
        ending()
        if error.filename is None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        else:  # not stdout, but a pipe that was named as a file
            code = _explain(error, given)
    except KeyboardInterrupt:
        ending()
        code = _complain("Stopped.", 130, "yellow")
    except BaseException as error:
        ending()
        if stopped() and not _is_told(error):  # a library was stopped halfway through its import
            sys.exit(_complain("Stopped.", 130, "yellow"))
        if os.environ.get("COLONNADE_DEBUG") == "1":
            raise
        code = _explain(error, given)
    sys.exit(code)


def _run(given: list[str], engine: str) -> int:
    if given in (["--version"], ["-V"]):
        from colonnade_models import __version__

        print(f"colonnade {__version__}")
        return 0
    if given[:1] == ["bench"]:
        from colonnade.bench.command import bench

        return bench(given[1:], engine)
    config = understand(given, COMMANDS, "colonnade", ABOUT)
    with json_apart(config.json):
        return do(config, engine)


def _explain(error: BaseException, given: Sequence[str]) -> int:
    """Say in one sentence what happened; return the exit code."""
    from colonnade.commands.console import Interrupted
    from colonnade.engine import MissingExtraError

    if isinstance(error, Interrupted):
        return _complain(str(error), 130, "yellow")
    if isinstance(error, ConfigError):
        return _complain(str(error), 2)
    if isinstance(error, ImportError):
        missing = MissingExtraError.from_import(error)
        if missing is not None:
            return _complain(str(missing), 1)
    if _is_told(error):
        return _complain(_resumed(str(error), given), 1)
    if isinstance(error, MemoryError):
        return _complain("The memory ran out: try fewer --workers or fewer --names.", 1)
    if isinstance(error, OSError):
        error.filename = error.filename or kernel_folder(error)
        return _complain(_resumed(_words_for(error), given), 1)
    return _complain(
        f"This is a bug in Colonnade ({type(error).__name__}: {error}): please report it with "
        "what COLONNADE_DEBUG=1 shows.",
        70,
    )


def _is_told(error: BaseException) -> bool:
    """Whether the error is one of ours, whose message is a sentence for the user."""
    return type(error).__module__.partition(".")[0].startswith("colonnade")


def _words_for(error: OSError) -> str:
    where = _meant(error.filename2 or error.filename)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        written = f", where {where} is written" if error.filename else ""
        return f"The disk is full{written}: {MAKE_ROOM}."
    if error.errno == errno.EFBIG:
        return f"{where} may not grow as large as it must: see `ulimit -f`, or give another place."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where} may not be written or read: give another --out, or change its permissions."
    if error.errno == errno.ENAMETOOLONG:
        return f"{shortened(where)}: {TOO_LONG}."
    if error.errno == errno.ENOENT and error.filename:
        return f"{where} does not exist: check how it is spelt."
    if error.errno == errno.EISDIR:
        return f"{where} is a folder: give the name of a file."
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return f"{where} cannot be a folder, as a file is in its way: give another path."
    return f"{where}: {error.strerror or error}."


@contextmanager
def _name_stdout() -> Iterator[None]:
    """What fails of printing in the block is an error of a file called `STDOUT`.

    What could not be printed goes nowhere, so that the end of the process does not try again.
    """
    stream = sys.stdout

    def named(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            try:
                return method(*given)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    error.filename = STDOUT
                    with suppress(OSError, ValueError):
                        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
                raise

        return call

    methods = ("write", "flush")
    for name in methods:
        setattr(stream, name, named(getattr(stream, name)))
    try:
        yield
    finally:
        for name in methods:
            delattr(stream, name)


def _resumed(sentence: str, given: Sequence[str]) -> str:
    """The sentence about going on, as it goes with the command that was given."""
    if MAY_RESUME not in sentence:
        return sentence
    kind: Any = COMMANDS[given[0]][0] if given and given[0] in COMMANDS else None
    if kind is BenchConfig:
        from colonnade.bench.command import BENCHES

        kind = BENCHES[given[1]].config if given[1:] and given[1] in BENCHES else None
    flags = {field.name for field in fields(kind)} if kind is not None else set()
    how = ""
    if "resume" in flags and "--resume" not in given:
        out = any(word.partition("=")[0] == "--out" for word in given)
        how = " with --resume" if out or kind is EvaluateConfig else " with --out and --resume"
    return sentence.replace(MAY_RESUME, how)


def _meant(file: Any) -> str:
    """The file or folder of the user where its temporary name or lock failed."""
    if not file:
        return "a file"
    path = Path(os.fsdecode(file))
    name = path.name
    if name == ".lock":
        return str(path.parent)
    while temporary := _TEMPORARY.fullmatch(name):  # one may be written by way of another
        name = temporary[1]
    return str(path.with_name(name) if name else path)


def _complain(sentence: str, code: int, colour: str = "red") -> int:
    from colonnade.commands.console import complain

    complain(sentence, colour)
    return code


if __name__ == "__main__":
    main()
