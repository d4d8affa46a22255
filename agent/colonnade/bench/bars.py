"""What the mind must come to on a controller, as data, to print beside what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["BARS", "BOARD_EPISODES", "ONNX_EPISODES", "STRUCK", "Bar", "judged"]

KIB = 1024

BOARD_EPISODES, ONNX_EPISODES = 20, 100
"""Episodes that the bars of boards and those of ONNX speak of: fewer measure none of them."""
STRUCK = 5
"""Episodes that each mishap but flipped bytes must happen to, likewise."""


class Bar(NamedTuple):
    """One number that must not be passed."""

    what: str
    most: float
    form: str = ",.0f"
    """How such a number is printed."""


BARS: dict[str, Bar] = {
    "points_lost": Bar("accuracy lost, points", 0.5, ".1f"),
    "c.otherwise": Bar("episodes in which C and numba differ", 0),
    "c.goals_otherwise": Bar("goals in which C and numba differ", 0),
    "model_bytes": Bar("flash of the model, bytes", 128 * KIB),
    "an386.code_bytes": Bar("code of the mind on M4F, bytes", 24 * KIB),
    "an386.ram_bytes": Bar("RAM on M4F, everything counted, bytes", 128 * KIB),
    "an500.ram_bytes": Bar("RAM on M7F, everything counted, bytes", 128 * KIB),
    "an386.instructions_median": Bar("instructions a step on M4F, median", 600_000),
    "an386.instructions_max": Bar("instructions a step on M4F, worst", 6_000_000),
    "an500.instructions_median": Bar("instructions a step on M7F, median", 300_000),
    "an500.instructions_max": Bar("instructions a step on M7F, worst", 3_000_000),
    "an386.otherwise": Bar("episodes decided otherwise on M4F than here", 0),
    "an500.otherwise": Bar("episodes decided otherwise on M7F than here", 0),
    "an386.goals_otherwise": Bar("goals on M4F that differ from those here", 0),
    "an500.goals_otherwise": Bar("goals on M7F that differ from those here", 0),
    "an386.messages_lost": Bar("messages lost to M4F", 0),
    "an500.messages_lost": Bar("messages lost to M7F", 0),
    "an386.mishap_seconds": Bar("seconds until well again after a mishap, M4F", 2, ".1f"),
    "an500.mishap_seconds": Bar("seconds until well again after a mishap, M7F", 2, ".1f"),
    "an386.mishap_otherwise": Bar("steps answered otherwise after a mishap, M4F", 0),
    "an500.mishap_otherwise": Bar("steps answered otherwise after a mishap, M7F", 0),
    "an386.mishap_wrong": Bar("wrongly recognised because of a mishap, M4F", 0),
    "an500.mishap_wrong": Bar("wrongly recognised because of a mishap, M7F", 0),
    "onnx.otherwise": Bar("episodes in which ONNX and numba differ", 0),
    "onnx.evidence_off": Bar("evidence of ONNX off numba's, relative", 1e-4, ".1e"),
}
"""The flash is for ten objects. A step's instructions count the goal that was asked for with it,
but neither the link nor sensing: the host sends percepts."""


def judged(measured: Mapping[str, float | None]) -> list[dict[str, Any]]:
    """Each bar with what was measured, and whether it is met; None where it was not measured."""
    rows: list[dict[str, Any]] = []
    for key, bar in BARS.items():
        value = measured.get(key)
        met = None if value is None else value <= bar.most
        rows.append({"key": key, "what": bar.what, "is": value, "most": bar.most, "met": met})
    return rows
