"""The boards that the firmware is made for; a linker script and flags of each are in c/ports."""

from __future__ import annotations

__all__ = ["BOARDS", "FLASH"]

BOARDS = {"an386": "Cortex-M4F", "an500": "Cortex-M7F"}
"""Arm's MPS2 with one processor or another, by the names that QEMU knows them by."""
FLASH = 512 * 1024
"""Bytes of flash that each of them has for the firmware and a model in it: see ports/*.ld."""
