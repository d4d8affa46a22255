"""``python -m colonnade_bridge.onnx MODEL PERCEPTS``: recognise with only numpy and onnxruntime.

The same as ``colonnade run-onnx``, whose table needs further packages.
"""

from __future__ import annotations

import sys
from pathlib import Path

from colonnade_bridge.counting import counted
from colonnade_bridge.onnx.model import OnnxModel, OnnxModelError
from colonnade_bridge.onnx.running import run
from colonnade_bridge.percepts import PerceptsError, read_percepts, unsound

_USAGE = "usage: python -m colonnade_bridge.onnx MODEL.onnx PERCEPTS.npz"
_HELP = f"""{_USAGE}

Recognise recorded percepts with an exported ONNX model, as `colonnade run-onnx` does, with only
numpy and onnxruntime: for each episode what it was taken for, after how many steps.

  colonnade export RUN --target onnx --out out        writes out/model.onnx
  colonnade evaluate RUN --percepts percepts.npz      records what is felt"""


def main(arguments: list[str]) -> int:
    """Print a line an episode; returns the exit code."""
    if {"-h", "--help"} & set(arguments):
        print(_HELP)
        return 0
    if len(arguments) != 2:
        print(_USAGE, file=sys.stderr)
        return 2
    model, percepts = map(Path, arguments)
    try:
        recording = read_percepts(percepts)
        if number := unsound(recording):
            many = counted(number, "percept")
            print(f"{many} of {percepts} cannot have been felt.", file=sys.stderr)
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
