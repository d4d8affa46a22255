"""Ctrl-C that is not lost.

Libraries that guard an optional import with `except BaseException` swallow a Ctrl-C that comes
just then, and one in a finaliser only prints. So the request is also remembered, and loops ask
for it before they begin the next piece of work. What finalisers then find half made is no news.

SIGTERM does the same, and so does SIGHUP, which comes when the terminal is closed. What would be
said there goes nowhere then, or it would fail and nothing after it be written.

A second Ctrl-C while the first is answered (files are closed, processes ended, it is said what is
saved) changes nothing, nor does one while the process ends: the exit code stays what it is.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

__all__ = ["ending", "held_back", "raise_if_stopped", "stopped", "watch"]

_HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none
_SIGNALS = (signal.SIGINT, signal.SIGTERM, *([_HANGUP] if _HANGUP else []))
_OUTPUTS = (1, 2)
"""File descriptors of what is said."""
_stopped = False
_ending = False


def watch() -> None:
    """From now on Ctrl-C, SIGTERM and SIGHUP raise KeyboardInterrupt and are remembered."""
    global _stopped, _ending
    _stopped = _ending = False
    atexit.unregister(_deafen)
    atexit.register(_deafen)  # Python itself would let a signal kill it once it tidies up
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and `&` in scripts leave it
            signal.signal(number, _stop)


def ending() -> None:
    """From now on those signals change nothing: all is said, and the exit code stands."""
    global _ending
    _ending = True


def stopped() -> bool:
    """Whether one of those signals came since `watch`."""
    return _stopped


def raise_if_stopped() -> None:
    """Raise KeyboardInterrupt where one was asked for since `watch` and may have been lost."""
    if _stopped:
        raise KeyboardInterrupt


@contextmanager
def held_back() -> Iterator[None]:
    """Let Ctrl-C and SIGHUP wait until the block ends; a process started in it hears of neither."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    held = {signal.SIGINT, *([_HANGUP] if _HANGUP else [])}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(number: int, frame: FrameType | None) -> None:
    global _stopped
    if number == _HANGUP:
        _leave_terminal()
    if _ending or _is_answered():
        return
    _stopped = True
    sys.unraisablehook = _pass_over
    raise KeyboardInterrupt


def _leave_terminal() -> None:
    """Point at nothing what led to a terminal that is closed: to say something there fails."""
    for output in _OUTPUTS:
        try:
            os.write(output, b"")
        except OSError:
            with suppress(OSError):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, output)
                os.close(nothing)


def _is_answered() -> bool:
    """Whether an earlier KeyboardInterrupt is just being handled, on whatever level."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _deafen() -> None:
    for number in _SIGNALS:
        if signal.getsignal(number) is _stop:
            signal.signal(number, signal.SIG_IGN)


def _pass_over(_: object) -> None:
    """Instead of a traceback of an object whose making was broken off."""
