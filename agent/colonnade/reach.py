"""How far a body's sensor sees, known without a simulator."""

from __future__ import annotations

from colonnade.flags import Body

__all__ = ["REACH"]

REACH: dict[Body, float] = {"touch": 0.05, "camera": 1.0}
"""Metres: `max_range` of `colonnade_envs:Touch-v0` and `Camera-v0`."""
