"""``colonnade doctor``: what works on this computer, what is missing, and what to do about it.

Needs nothing but the base install, and nothing here may raise: a check that cannot even be made
is a finding.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from colonnade.checks import check_config
from colonnade.config import DoctorConfig
from colonnade.finding import Check, Finding, made
from colonnade.installing import how_to_install
from colonnade.json_option import write_json_option
from colonnade.printable import printable
from colonnade.workers import core_count

__all__ = ["Finding", "doctor", "examine"]

BASE = {
    "numpy": "numpy",
    "numba": "numba",
    "onnxruntime": "onnxruntime",
    "safetensors": "safetensors",
    "pyserial": "serial",
    "pymavlink": "pymavlink",
    "tyro": "tyro",
    "rich": "rich",
}
SIM = {
    "gymnasium": "gymnasium",
    "pybullet": "pybullet",
    "trimesh": "trimesh",
    "manifold3d": "manifold3d",
    "pillow": "PIL",
    "scipy": "scipy",
    "pyarrow": "pyarrow",
    "matplotlib": "matplotlib",
    "networkx": "networkx",
}
OTHER_EXTRAS = {
    "onnx": ("onnx", "`colonnade export --target onnx`"),
    "train": ("torch", "trained sparse networks"),
    "viz": ("rerun-sdk", "recordings to look at in Rerun"),
    "cluster": ("ray", "sharing work between computers"),
}


def doctor(config: DoctorConfig, engine: str = "colonnade.engine") -> int:
    """Do ``colonnade doctor``; 0 when nothing is broken, 1 otherwise."""
    check_config(config)
    computer = list(examine(config.model))
    run = [] if config.model is None else list(made([_check_of(config.model, engine)]))
    findings = [*computer, *run]
    table = Table(title="Colonnade on this computer", title_justify="left")
    table.add_column("")
    table.add_column("what", no_wrap=True)
    table.add_column("finding", overflow="fold")
    mark = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "broken": "[red]broken[/]"}
    for finding in findings:
        what, detail = (escape(printable(text)) for text in (finding.what, finding.detail))
        table.add_row(mark[finding.state], what, detail)
    console = Console(highlight=False, emoji=False)
    console.print(table)
    broken = [finding.what for finding in findings if finding.state == "broken"]
    if broken:
        console.print(f"Mend first: {printable(', '.join(broken))}.", style="red", markup=False)
    else:
        console.print("Colonnade can run here.", style="green")
    lacking = list(dict.fromkeys(finding.what for finding in run if finding.state == "note"))
    if lacking:
        told = f"In {config.model} not all is there and up to date: see {', '.join(lacking)}."
        console.print(printable(told), style="yellow", markup=False, soft_wrap=True)
    write_json_option(config.json, {"findings": [asdict(f) for f in findings], "ok": not broken})
    return 1 if broken else 0


def examine(run: Path | None = None) -> Iterator[Finding]:
    """Make every check of this computer, one after another; of the disk that `run` is on."""
    checks: list[Check] = [
        ("Python", _python),
        ("base install", _base),
        ("numba", _numba),
        ("simulation", _simulation),
        ("other extras", _others),
        ("controllers", _controllers),
        ("cache folder", _cache),
        ("machine", partial(_machine, _folder_of(run))),
    ]
    yield from made(checks)


def _check_of(path: Path, engine: str) -> Check:
    """The check of a run folder or a model file."""
    return "run folder", partial(_run, path, engine)


def _run(path: Path, engine: str) -> Iterator[Finding]:
    from colonnade.doctor_run import run_checks  # needs what may be missing

    yield from made(run_checks(path, engine))


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    advice = "" if good else ": Colonnade needs 3.11 or newer"
    kind = f"{version} ({platform.python_implementation()}, {platform.machine()}){advice}"
    yield Finding("Python", "ok" if good else "broken", kind)


def _base() -> Iterator[Finding]:
    missing = _missing(BASE)
    failing = _failing({name: module for name, module in BASE.items() if name not in missing})
    for name in BASE:
        if name in missing:
            yield Finding(name, "broken", f"missing: {how_to_install(missing=missing)}")
        elif name in failing:
            yield Finding(name, "broken", f"cannot be imported: {failing[name]}")
    if not missing and not failing:
        versions = ", ".join(f"{name} {_version(name)}" for name in BASE)
        yield Finding("base install", "ok", versions)


def _numba() -> Iterator[Finding]:
    try:
        from colonnade.doctor_kernel import total

        works = total(5) == 10
    except Exception as error:
        yield Finding(
            "numba",
            "broken",
            f"cannot compile or cache: {error}; set NUMBA_CACHE_DIR to a folder that is writable",
        )
        return
    detail = "compiles, and keeps what it compiled" if works else "computes wrong results"
    yield Finding("numba", "ok" if works else "broken", detail)


def _simulation() -> Iterator[Finding]:
    missing = _missing(SIM)
    if "pybullet" in missing:
        fits = (
            sys.version_info < (3, 12)
            and sys.platform == "linux"
            and platform.machine() == "x86_64"
        )
        advice = (
            how_to_install("sim", ["pybullet"])
            if fits
            else "there are ready builds of PyBullet only for CPython 3.11 or older on x86-64 "
            f"Linux, and this is Python {platform.python_version()} on {platform.machine()} "
            f"{platform.system()}; sensing and recognition work without it, physics and the "
            "set `pybullet` do not"
        )
        yield Finding("pybullet", "note", f"missing: {advice}")
    others = [name for name in missing if name != "pybullet"]
    if others:
        yield Finding(
            "simulation",
            "note",
            f"missing {', '.join(others)}: {how_to_install('sim', others)} to train and evaluate "
            "here; a robot that only runs a model does not need it",
        )
    failing = _failing({name: module for name, module in SIM.items() if name not in missing})
    for name, why in failing.items():
        yield Finding(name, "broken", f"installed, but cannot be imported: {why}")
    if not missing and not failing:
        yield Finding("simulation", "ok", ", ".join(f"{n} {_version(n)}" for n in SIM))


def _others() -> Iterator[Finding]:
    for extra, (distribution, purpose) in OTHER_EXTRAS.items():
        version = _version(distribution)
        if version is None:
            advice = f"not installed; only for {purpose}: {how_to_install(extra)}"
            yield Finding(f"extra {extra}", "note", advice)
        else:
            yield Finding(f"extra {extra}", "ok", f"{distribution} {version}")


def _controllers() -> Iterator[Finding]:
    from colonnade_bridge.tools import PACKAGES

    missing = [tool for tool in PACKAGES if shutil.which(tool) is None]
    if missing:
        packages = " ".join(PACKAGES[tool] for tool in missing)
        advice = f"missing {', '.join(missing)}: sudo apt install {packages}"
        yield Finding("controllers", "note", f"{advice}; only to build and emulate firmware")
    else:
        yield Finding("controllers", "ok", ", ".join(PACKAGES))


def _cache() -> Iterator[Finding]:
    from colonnade_envs.cache_folder import cache_dir

    folder = cache_dir()
    if folder is None:
        advice = (
            "switched off: meshes are prepared anew each time; unset COLONNADE_CACHE to keep them"
        )
        yield Finding("cache folder", "note", advice)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = f"{folder} is not writable ({error.strerror}): meshes are prepared anew each time"
        yield Finding("cache folder", "note", f"{advice}; set COLONNADE_CACHE to one that is")
    else:
        yield Finding("cache folder", "ok", str(folder))


def _folder_of(run: Path | None) -> Path:
    """The folder of a run or a model, or the nearest above that is there; without one, this."""
    if run is None:
        return Path.cwd()
    whole = run.expanduser().absolute()
    return next(folder for folder in (whole, *whole.parents) if folder.is_dir())


def _machine(folder: Path) -> Iterator[Finding]:
    cores = core_count()
    yield Finding("cores", "ok", f"{cores}: --workers is {cores} unless given")
    memory = _memory_gb()
    if memory is not None:
        good = memory >= 2.0
        advice = "" if good else ": use --workers 1, each worker takes about 0.5 GB"
        yield Finding("memory", "ok" if good else "note", f"{memory:.1f} GB available{advice}")
    free = shutil.disk_usage(folder).free / 1e9
    good = free >= 1.0
    advice = "" if good else ": a run with its report and caches takes up to 1 GB"
    yield Finding("disk", "ok" if good else "note", f"{free:.1f} GB free in {folder}{advice}")


def _memory_gb() -> float | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) / 1e6
    except (OSError, ValueError, IndexError):
        pass
    return None


def _missing(distributions: dict[str, str]) -> list[str]:
    return [name for name, module in distributions.items() if not importlib.util.find_spec(module)]


def _failing(modules: dict[str, str]) -> dict[str, str]:
    """Import each in another process, as a broken binary may take the process down with it."""
    failing = {}
    everything = _import_error(list(modules.values()))
    if everything is None:
        return {}
    for name, module in modules.items():
        error = _import_error([module])
        if error is not None:
            failing[name] = error
    return failing


def _import_error(modules: list[str]) -> str | None:
    try:
        result = subprocess.run(
            [sys.executable, "-c", "import " + ", ".join(modules)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "importing it takes more than two minutes"
    if result.returncode == 0:
        return None
    lines = result.stderr.strip().splitlines()
    return lines[-1] if lines else f"the process died with code {result.returncode}"


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
