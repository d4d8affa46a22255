"""``python -m colonnade_bridge.onnx MODEL PERCEPTS``: recognise with only numpy and onnxruntime.

The same as ``colonnade run-onnx``, whose table needs further packages.
"""

from __future__ import annotations

import sys
from pathlib import Path

from colonnade_bridge.onnx.model import OnnxModel, OnnxModelError
from colonnade_bridge.onnx.running import run
from colonnade_bridge.percepts import PerceptsError, read_percepts, unsound

_USAGE = "usage: python -m colonnade_bridge.onnx MODEL.onnx PERCEPTS.npz"


def main(arguments: list[str]) -> int:
    """Print a line an episode; returns the exit code."""
    if len(arguments) != 2:
        print(_USAGE, file=sys.stderr)
        return 2
    model, percepts = map(Path, arguments)
    try:
        recording = read_percepts(percepts)
        if number := unsound(recording):
            print(f"{number} percepts of {percepts} cannot have been felt.", file=sys.stderr)
        for number, outcome in enumerate(run(OnnxModel(model), recording), 1):
            milliseconds = 1e3 * sum(outcome.seconds) / outcome.steps
            shown = f" (shown: {outcome.shown})" if outcome.shown else ""
            print(
                f"episode {number}: {outcome.answer}{shown}, {outcome.steps} steps, "
                f"{milliseconds:.1f} ms a step"
            )
    except (OnnxModelError, PerceptsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
