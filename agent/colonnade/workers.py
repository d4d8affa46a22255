"""A few processes that share independent tasks, and die with the process that started them.

The standard pools leave orphans when their parent is killed and print tracebacks on Ctrl-C.
Here each worker watches its parent, ignores Ctrl-C (the parent decides), and sends an error
back as words, so that the parent can raise it again as what it was.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from colonnade.stopping import held_back, raise_if_stopped

__all__ = ["WorkerError", "Workers", "core_count", "peak_rss_mb"]

Task = TypeVar("Task")
Result = TypeVar("Result")


class WorkerError(RuntimeError):
    """A worker process died, or failed in a way that has no better name."""


def core_count() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_rss_mb() -> float:
    """Largest memory that this process ever held, megabytes; 0 where that is not told."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    peak_mb: float = 0.0


class Workers:
    """Runs ``function(task)`` for many tasks on `count` processes (0: one per core).

    With one worker everything runs in this process. Results come as they are ready; what
    they are must not depend on which worker made them. Use it with ``with``.
    """

    def __init__(self, count: int = 0) -> None:
        self.count = count or core_count()
        self._workers: list[_Worker] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def peak_rss_mb(self) -> float:
        """Sum of the peaks of this process and its workers, megabytes."""
        return peak_rss_mb() + sum(worker.peak_mb for worker in self._workers)

    def run(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[Task, Result]]:
        """Yield each task with its result, in the order in which they become ready.

        Raises:
            WorkerError: a worker died (for example, out of memory).
            KeyboardInterrupt: Ctrl-C.
            Exception: what `function` raised, with the same type where it can be rebuilt.
        """
        if min(self.count, len(tasks)) <= 1 and not self._workers:
            for task in tasks:
                raise_if_stopped()
                yield task, function(task)
            return
        while len(self._workers) < min(self.count, len(tasks)):
            self._workers.append(_start())
        waiting = list(reversed(tasks))
        busy: dict[Connection, tuple[_Worker, Task]] = {}
        idle = list(self._workers)
        while waiting or busy:
            raise_if_stopped()
            while waiting and idle:
                worker, task = idle.pop(0), waiting.pop()
                _send(worker, (function, task))
                busy[worker.connection] = (worker, task)
            for ready in wait(list(busy)):
                assert isinstance(ready, Connection)
                worker, task = busy.pop(ready)
                result = _receive(worker)
                idle.append(worker)
                yield task, result

    def close(self) -> None:
        """End the workers at once, whatever they are doing."""
        for worker in self._workers:
            worker.connection.close()
            if worker.process.is_alive():
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(5)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers = []


def _start() -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # its start would let Ctrl-C through again
    with held_back():  # Ctrl-C reaches the whole group, and a worker that is not ready yet
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _send(worker: _Worker, message: Any) -> None:
    try:
        worker.connection.send(message)
    except (BrokenPipeError, ConnectionResetError):
        raise _death(worker) from None


def _receive(worker: _Worker) -> Any:
    try:
        outcome, content, worker.peak_mb = worker.connection.recv()
    except (EOFError, ConnectionResetError):
        raise _death(worker) from None
    if outcome == "failed":
        raise _rebuild(*content)
    return content


def _death(worker: _Worker) -> WorkerError:
    worker.process.join(5)
    code = worker.process.exitcode
    why = (
        "it was killed, most likely because the memory ran out: try fewer --workers"
        if code == -9
        else f"exit code {code}"
    )
    return WorkerError(f"A worker process died ({why}); give --resume to go on.")


def _serve(connection: Connection) -> None:
    """Life of a worker: answer tasks until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    while True:
        try:
            function, task = connection.recv()
        except EOFError:
            return
        try:
            reply = ("done", function(task))
        except Exception as error:
            reply = ("failed", _describe(error))
        connection.send((*reply, peak_rss_mb()))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
    os._exit(1)


def _describe(error: Exception) -> tuple[str, str, tuple[Any, ...], str]:
    kind = type(error)
    if isinstance(error, OSError):
        arguments: tuple[Any, ...] = (error.errno, error.strerror, error.filename)
        if error.errno is None:
            arguments = (str(error),)
    else:
        arguments = (str(error),)
    return kind.__module__, kind.__qualname__, arguments, traceback.format_exc()


def _rebuild(module: str, name: str, arguments: tuple[Any, ...], trace: str) -> Exception:
    """The worker's exception again, with its traceback as the cause."""
    try:
        kind = getattr(importlib.import_module(module), name)
        error = kind(*arguments)
        assert isinstance(error, Exception)
    except Exception:
        error = WorkerError(f"{name}: {arguments[0]}")
    error.__cause__ = WorkerError(f"in a worker process:\n{trace}")
    return error
