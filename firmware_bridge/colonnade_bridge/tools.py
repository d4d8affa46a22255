"""Programs that are not Python's to install: compilers, make, emulators."""

from __future__ import annotations

import shutil

from colonnade_bridge.errors import BridgeError

__all__ = ["PACKAGES", "ToolError", "find_tool"]

PACKAGES = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
    "gcc": "gcc libc6-dev",
    "make": "make",
    "qemu-system-arm": "qemu-system-arm",
}
"""Where Debian has them."""


class ToolError(BridgeError, RuntimeError):
    """A program is missing; the message says how to install it."""


def find_tool(name: str) -> str:
    """The path of a program.

    Raises:
        ToolError: it is not installed.
    """
    path = shutil.which(name)
    if path is None:
        raise ToolError(
            f"This needs {name}, which is not installed: "
            f"sudo apt install {PACKAGES.get(name, name)}"
        )
    return path
