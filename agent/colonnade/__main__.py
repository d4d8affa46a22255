"""``colonnade`` and ``python -m colonnade``: nothing is imported before Ctrl-C is understood."""

from __future__ import annotations

import signal
import sys

__all__ = ["start"]


def start() -> None:
    """Run the command line; Ctrl-C while it is still being loaded ends as quietly as later."""
    try:
        from colonnade.cli import main
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one changes nothing
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    main()


if __name__ == "__main__":
    start()
