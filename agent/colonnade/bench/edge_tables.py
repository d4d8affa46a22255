"""The tables of ``colonnade bench edge``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from colonnade.bench.bars import BARS, BOARD_EPISODES, ONNX_EPISODES, STRUCK
from colonnade.bench.table import cell, table

__all__ = ["tell"]

MINDS = {"learned": "workstation", "exported": "controller, in C"}
WHO = {
    "numba": "numba, workstation",
    "onnx": "ONNX, workstation",
    "numba_edge": "numba, controller",
    "c": "C, controller",
}
ONNX = ("episodes", "episodes_equal", "steps", "steps_equal")
HAPPENED = {
    "pulled": "the cable was pulled",
    "reset": "the board was reset",
    "flipped": "1 % of bytes flipped",
}

COUNTED = "Counted is what the mind does: neither sensing, which is done here, nor the link."
FEWER = (
    f"The bars of a board want {BOARD_EPISODES} episodes, {STRUCK} of them with mishaps, those of "
    f"ONNX {ONNX_EPISODES}: fewer do not measure them."
)


def tell(numbers: Mapping[str, Any]) -> None:
    """Print everything."""
    parts = [
        recognition_table(numbers["rows"]),
        _lost(numbers["lost"]),
        numba_table(numbers),
        size_table(numbers["model"], numbers["runtime"]),
        work_table(numbers["hil"]),
        mishap_table(numbers["mishaps"]),
        time_table(numbers["times"]),
        bar_table(numbers["bars"]),
    ]
    print(*filter(None, parts), sep="\n\n")


def recognition_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """How often right, in how many steps, with which pose."""
    groups = [
        ("", ["mind", "episodes", "correct %", "with pose %"]),
        ("steps", ["mean", "median", "time-outs %"]),
        ("rotation error", ["mean °", "median °"]),
    ]
    lines = [
        [
            *(MINDS[row["mind"]], cell(row["episodes"], "d"), cell(row["accuracy"], scale=100.0)),
            cell(row["posed_rate"], scale=100.0),
            *(cell(row["steps_mean"]), cell(row["steps_median"])),
            cell(row["timeout_rate"], scale=100.0),
            *(cell(row[f"rotation_error_deg_{kind}"]) for kind in ("mean", "median")),
        ]
        for row in rows
    ]
    return table("Recognition (rotation error up to the true symmetry)", groups, lines)


def _lost(lost: Mapping[str, Any]) -> str:
    return (
        f"{lost['points_lost']:.1f} points lost: {lost['only_before']} episodes only the "
        f"workstation gets right, {lost['only_after']} only the controller."
    )


def numba_table(numbers: Mapping[str, Any]) -> str:
    """In how many episodes, steps and goals each mind says what numba says of the same model."""
    groups = [
        ("", ["mind"]),
        *((what, ["compared", "equal"]) for what in ("episodes", "steps", "goals")),
        ("evidence", ["off by"]),
    ]
    lost, (_, after) = numbers["lost"], numbers["rows"]
    lines = [[WHO["c"], *_alike(lost | {"episodes": after["episodes"]}, "numba"), cell(None)]]
    for board, done in numbers["hil"].items():
        if done is not None:
            done = done | {"equal_to_host": done["decisions_equal_to_host"]}
            lines.append([f"C, {board}", *_alike(done, "host"), cell(None)])
    if onnx := numbers["onnx"]:
        counts = [cell(onnx[key], ",d") for key in ONNX]
        lines.append(
            [WHO["onnx"], *counts, cell(None), cell(None), cell(onnx["evidence_off"], ".1e")]
        )
    return table(
        "Beside numba, of the same model (C: to the bit; ONNX: what is decided)", groups, lines
    )


def _alike(counts: Mapping[str, Any], whom: str) -> list[str]:
    """Episodes, steps and goals, and how many of each are equal to `whom`'s."""
    keys = ("episodes", f"equal_to_{whom}", "steps", f"steps_equal_to_{whom}")
    return [cell(counts[key], ",d") for key in (*keys, "goals", f"goals_equal_to_{whom}")]


def size_table(model: Mapping[str, Any], runtime: Mapping[str, Any]) -> str:
    """Who takes how much of a controller, bytes."""
    groups = [("", ["bytes", "flash", "RAM", "stack"])]
    taken = [(name, size, None, None) for name, size in model["flash_model_sections"].items()]
    taken += [("model and its column", model["flash_model_bytes"], model["column_bytes"], None)]
    for board, found in runtime.items():
        if found is not None:
            code, step = found["mind_code_bytes"], found["step_stack_bytes"]
            taken.append((f"mind on {board}", code, None, step))
            whole = found["flash_code_bytes"], found["ram_bytes"], found["stack_bytes"]
            taken.append((f"firmware on {board}", *whole))
    lines = [[name, *(cell(size, ",d") for size in sizes)] for name, *sizes in taken]
    kept = f"{model['surfels_kept']:,} of {model['surfels_learned']:,} surfels"
    return table(f"Size ({kept})", groups, lines)


def work_table(boards: Mapping[str, Any]) -> str:
    """What the boards did; nothing where none was emulated."""
    groups = [
        ("", ["board", "episodes", "as here", "lost", "correct %"]),
        ("a step with its goal", ["median", "worst"]),
        ("a step", ["median", "worst"]),
        ("a goal", ["median", "worst"]),
        ("stack", ["used"]),
    ]
    kinds = ("instructions", "instructions_step", "instructions_goal")
    lines = [
        [
            *(board, cell(done["episodes"], "d"), cell(done["decisions_equal_to_host"], "d")),
            *(cell(done["messages_lost"], "d"), cell(done["accuracy"], scale=100.0)),
            *(cell(done[f"{kind}_{of}"], ",.0f") for kind in kinds for of in ("median", "max")),
            cell(done["stack_bytes"], ",d"),
        ]
        for board, done in boards.items()
        if done is not None
    ]
    if not lines:
        return ""
    return f"{table('On emulated boards, instructions', groups, lines)}\n{COUNTED}"


def mishap_table(boards: Mapping[str, Any]) -> str:
    """What the boards endured; nothing where none was emulated."""
    groups = [
        ("", ["board", "what happened", "times"]),
        ("steps", ["asked for", "as if nothing had"]),
        ("recognised", ["wrongly"]),
        ("well again", ["after s"]),
        ("messages", ["lost"]),
    ]
    counts = ("mishaps", "steps", "steps_equal", "wrong")
    lines = [
        [
            *(board, HAPPENED[kind], *(cell(found[key], ",d") for key in counts)),
            *(cell(found["seconds"], ".2f"), cell(found["messages_lost"], ",d")),
        ]
        for board, kinds in boards.items()
        if kinds is not None
        for kind, found in kinds.items()
    ]
    return table("Mishaps on emulated boards", groups, lines) if lines else ""


def time_table(times: Mapping[str, Any]) -> str:
    """What a step takes here."""
    groups = [("", ["column", "steps"]), ("a step, µs", ["median", "mean", "99 %", "worst"])]
    lines = [
        [
            *(who, cell(times[key]["steps"], "d")),
            *(cell(times[key][f"us_{of}"]) for of in ("median", "mean", "p99", "worst")),
        ]
        for key, who in WHO.items()
        if key in times
    ]
    title = f"Time (median of C {times['c_of_numba']:.2f} of numba's"
    if "onnx_of_numba" in times:
        title += f", of ONNX {times['onnx_of_numba']:,.0f} times numba's"
    return table(title + ")", groups, lines)


def bar_table(bars: Sequence[Mapping[str, Any]]) -> str:
    """What there must be, and whether it is."""
    words = {True: "met", False: "NOT MET", None: "not measured"}
    lines = []
    for bar in bars:
        form = BARS[bar["key"]].form
        lines.append(
            [bar["what"], cell(bar["is"], form), cell(bar["most"], form), words[bar["met"]]]
        )
    told = table("Bars", [("", ["what", "is", "at most", ""])], lines)
    return f"{told}\n{FEWER}"
