"""``colonnade export``: what was learned, ready for a robot's controller or for onnxruntime."""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from colonnade.budgets import budget_of
from colonnade.checks import check_config
from colonnade.commands.console import counted, note, percent, show, stdout, ticking, typed
from colonnade.commands.felt import tell_unsound
from colonnade.engine import ENGINE, load_engine
from colonnade.export_config import ExportConfig
from colonnade.export_folder import check_folder, write_export
from colonnade.files import plain
from colonnade.flags import ConfigError
from colonnade.json_option import write_json_option
from colonnade.model_source import model_source
from colonnade.printable import printable
from colonnade.reach import REACH
from colonnade.stopping import raise_if_stopped
from colonnade_bridge.boards import BOARDS, FLASH

if TYPE_CHECKING:
    from colonnade_bridge.footprint import RuntimeFootprint
    from colonnade_bridge.percepts import RecordedPercepts
    from colonnade_models.memory import ObjectMemory

__all__ = ["export"]

NEAREST, FARTHEST = 0.001, 10.0
"""Metres that a sensor may see."""
SPARE = 2048
"""Bytes that a firmware may take more with a model in it."""


def export(config: ExportConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade export``; 0 when it is written.

    Raises:
        ConfigError: options that do not go together, or percepts of another sensor.
        RunFolderError: there is no model.
        ExportFolderError: something else is in the folder.
        PerceptsError: what is to be checked with is not whole and sound.
        BridgeError: the model does not fit, or the C code cannot be compiled to check it.
        OutputError: the folder cannot be written.
    """
    check_config(config)
    _check_options(config)
    check_folder(config.out.expanduser())
    source = model_source(config.model)
    reach = REACH[source.body] if config.reach is None else config.reach
    recording = _recording(config, reach)
    mind = load_engine(engine)
    memory = mind.load_memory(source.file)
    if recording is not None:
        mind.prepare(note)
    digest = hashlib.sha256(source.file.read_bytes()).hexdigest()
    about = {"target": config.target, "model_sha256": digest}
    if config.target == "onnx":
        files, report = _as_onnx(memory, reach, digest)
    else:
        files, report = _as_c(config, memory, reach, recording)
    report = about | {"objects": list(memory.names), "reach": reach} | report
    files["report.json"] = _json(report)
    write_export(config.out.expanduser(), files, about)
    _tell(config, report)
    write_json_option(config.json, report)
    return 0


def _check_options(config: ExportConfig) -> None:
    for_c = {
        "--budget-flash": config.budget_flash,
        "--budget-ram": config.budget_ram,
        "--check": config.check,
    }
    given = [flag for flag, value in for_c.items() if value is not None]
    if config.target == "onnx" and given:
        raise ConfigError(
            f"{given[0]} is for --target c: an ONNX model keeps all that was learned."
        )
    if config.reach is not None and not NEAREST <= config.reach <= FARTHEST:
        raise ConfigError(
            f"--reach is {config.reach:g}, but must be {NEAREST:g} to {FARTHEST:g}, in metres."
        )


def _recording(config: ExportConfig, reach: float) -> RecordedPercepts | None:
    """What is to be checked with: of a sensor that sees as far as the robot's, or both minds would
    take a miss for something else."""
    from colonnade_bridge.native import MOST_PATCHES
    from colonnade_bridge.percepts import read_percepts

    if config.check is None:
        return None
    recording = read_percepts(config.check)
    patches = recording.percepts.shape[1]
    if patches > MOST_PATCHES:
        raise ConfigError(
            f"{config.check} has {patches} patches a step, and a controller takes {MOST_PATCHES} "
            f"at most: record it with --columns {MOST_PATCHES} or fewer."
        )
    tell_unsound(config.check, recording)
    if not math.isclose(recording.reach, reach, rel_tol=1e-6):
        raise ConfigError(
            f"{config.check} was recorded by a sensor that sees {recording.reach:g} m, and this "
            f"export is for one that sees {reach:g} m: give --reach {recording.reach:g}, or "
            "percepts of that sensor."
        )
    return recording


def _as_onnx(memory: ObjectMemory, reach: float, digest: str) -> tuple[dict[str, bytes], Any]:
    import numpy as np

    from colonnade_bridge.onnx import export as write_onnx
    from colonnade_models.column_state import default_settings

    settings = default_settings()._replace(reach=np.float32(reach))
    with tempfile.TemporaryDirectory(prefix="colonnade-") as scratch:
        file = write_onnx(
            memory, Path(scratch), settings=settings, provenance={"model_sha256": digest}
        )
        data = file.read_bytes()
    return {file.name: data}, {"model_bytes": len(data)}


def _as_c(
    config: ExportConfig, memory: ObjectMemory, reach: float, recording: RecordedPercepts | None
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files of the C project, and what is to be said of them."""
    from colonnade_bridge.blob import read_blob, write_blob
    from colonnade_bridge.export import for_controller
    from colonnade_bridge.footprint import model_footprint
    from colonnade_bridge.project import project_files

    budget = budget_of(config.budget_flash, config.budget_ram)
    note("Fitting the model to the controller.")
    blob = write_blob(for_controller(memory, reach, budget))
    raise_if_stopped()
    model = read_blob(blob)
    report = model_footprint(blob, model, memory).to_json() | {
        "blob_hash": blob[16:32].hex(),
        "budget_flash_bytes": budget.flash,
        "budget_ram_bytes": budget.ram,
        "percepts": model.percepts,
        "winners": model.settings.winners,
        "runtime": {
            board: found.to_json() if found else None for board, found in _runtimes().items()
        },
        "check": None if recording is None else _checked(memory, blob, recording),
    }
    return project_files(blob, model), report


def _runtimes() -> dict[str, RuntimeFootprint | None]:
    """What the firmware takes on each board, as far as it can be built here."""
    from colonnade_bridge.footprint import runtime_footprint

    note("Building the firmware to measure it.")
    return {board: runtime_footprint(board) for board in BOARDS}


def _checked(memory: ObjectMemory, blob: bytes, recording: RecordedPercepts) -> dict[str, Any]:
    """What recorded percepts are taken for, before and after."""
    from colonnade_bridge.loss import compare, loss_of

    episodes = []
    with ticking("Comparing  ", len(recording)) as ticker:
        for episode in compare(memory, blob, recording):
            raise_if_stopped()
            episodes.append(episode)
            ticker.tick(episode.after)
    return loss_of(episodes, memory.names).to_json()


def _json(report: Mapping[str, Any]) -> bytes:
    return (json.dumps(plain(report), indent=2, ensure_ascii=False) + "\n").encode()


def _tell(config: ExportConfig, report: Mapping[str, Any]) -> None:
    if config.target == "onnx":
        size, names = report["model_bytes"], report["objects"]
        lines = [
            f"{show(config.out / 'model.onnx')}: {counted(len(names))}, {size:,} bytes. Recognise "
            f"with it: colonnade run-onnx {typed(config.out / 'model.onnx')} PERCEPTS.npz"
        ]
    else:
        stdout.print(_table(config, report))
        lines = _sentences(config, report)
    for line in lines:
        stdout.print(printable(line), markup=False, soft_wrap=True)


def _table(config: ExportConfig, report: Mapping[str, Any]) -> Table:
    """What takes how much."""
    title = escape(printable(f"{show(config.out)}, bytes"))
    table = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False)
    table.add_column("what")
    for column in ("flash", "RAM", "stack"):
        table.add_column(column, justify="right")

    def row(what: str, *sizes: int | None, style: str | None = None) -> None:
        cells = ["" if size is None else f"{size:,}" for size in sizes]
        table.add_row(what, *cells, style=style)

    for name, size in report["flash_model_sections"].items():
        row(f"  {name}", size, style="dim")
    row("model and its column", report["flash_model_bytes"], report["column_bytes"])
    for board, found in report["runtime"].items():
        if found is not None:
            code, firmware = found["mind_code_bytes"], found["flash_code_bytes"]
            where = f"{board}, {BOARDS[board]}"
            row(f"mind on {where}", code, None, found["step_stack_bytes"])
            row(f"firmware on {where}", firmware, found["ram_bytes"], found["stack_bytes"])
    return table


def _sentences(config: ExportConfig, report: Mapping[str, Any]) -> list[str]:
    kept, learned = report["surfels_kept"], report["surfels_learned"]
    lines = [f"{kept:,} of {learned:,} surfels of {counted(len(report['objects']))} are kept."]
    if None in report["runtime"].values():
        lines.append(
            "What the runtime takes was not measured: "
            "sudo apt install make gcc-arm-none-eabi libnewlib-arm-none-eabi"
        )
    check = report["check"]
    if check is not None:
        told = (
            f"{percent(check['accuracy_before'])} correct before, "
            f"{percent(check['accuracy_after'])} in C, "
            if check["accuracy_before"] is not None
            else ""
        )
        lines.append(
            f"{counted(check['episodes'], what='recorded episode')}: {told}"
            f"{check['same_answers']} answered alike; {check['steps_before']:.1f} steps each "
            f"before, {check['steps_after']:.1f} in C."
        )
    lines += _too_large(report)
    lines.append(f"Build it: make -C {typed(config.out)} test")
    return lines


def _too_large(report: Mapping[str, Any]) -> list[str]:
    """On which boards a firmware with the model in it may not link."""
    model = report["flash_model_bytes"]
    told = []
    for board, found in report["runtime"].items():
        size = model + (found["flash_code_bytes"] if found else 0)
        if size + SPARE > FLASH:
            fits = FLASH - size + model - SPARE
            budget = f"--budget-flash {fits} or less" if found else "a smaller --budget-flash"
            told.append(
                f"The firmware for {board} may not link: with this model it takes {size:,} bytes "
                f"of flash or more, and there are {FLASH:,}. Give {budget}."
            )
    return told
