"""Ctrl-C that is not lost.

Libraries that guard an optional import with `except BaseException` swallow a Ctrl-C that comes
just then, and one in a finaliser only prints. So the request is also remembered, and loops ask
for it before they begin the next piece of work. What finalisers then find half made is no news.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["held_back", "raise_if_stopped", "stopped", "watch"]

_stopped = False


def watch() -> None:
    """From now on Ctrl-C and SIGTERM raise KeyboardInterrupt and are remembered."""
    global _stopped
    _stopped = False
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and `&` in scripts leave it
            signal.signal(number, _stop)


def stopped() -> bool:
    """Whether Ctrl-C or SIGTERM came since `watch`."""
    return _stopped


def raise_if_stopped() -> None:
    """Raise KeyboardInterrupt where one was asked for since `watch` and may have been lost."""
    if _stopped:
        raise KeyboardInterrupt


@contextmanager
def held_back() -> Iterator[None]:
    """Let Ctrl-C wait until the block ends; a process started in it never hears of it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(number: int, frame: FrameType | None) -> None:
    global _stopped
    _stopped = True
    sys.unraisablehook = _pass_over
    raise KeyboardInterrupt


def _pass_over(_: object) -> None:
    """Instead of a traceback of an object whose making was broken off."""
