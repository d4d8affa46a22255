"""``colonnade objects``: what is in a set, how large, and how it looks."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from colonnade.checks import check_config
from colonnade.commands.console import complain, counted, it_or_them, show, stdout, ticking
from colonnade.config import ObjectsConfig
from colonnade.engine import ENGINE, load_engine
from colonnade.flags import ConfigError
from colonnade.json_option import write_json_option
from colonnade.output import writing
from colonnade.printable import printable
from colonnade.refused_names import why_refused
from colonnade.stopping import raise_if_stopped

__all__ = ["objects"]


def objects(config: ObjectsConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade objects``; 0 when every object can be used, 1 when some cannot."""
    spec = _set(config)
    check_config(replace(config, objects=spec))
    mind = load_engine(engine)
    found = mind.open_set(spec, config.names or None, config.scale)
    title = f"{escape(spec)}: {counted(len(found))}"
    table = Table(title=title, title_justify="left")
    for column in ("object", "size, cm", "triangles", "looks"):
        table.add_column(column, overflow="fold", justify="left")
    meshes, rows, broken = [], [], []
    with ticking("Loading    ", len(found)) as ticker:
        for name in found:
            raise_if_stopped()
            try:
                mesh, reason = found[name], why_refused(name)
            except (ValueError, OSError) as error:
                mesh, reason = None, str(error)
            if reason is not None:
                broken.append(name)
                rows.append({"name": name, "error": reason})
                why = escape(printable(reason))
                table.add_row(escape(printable(name)), "cannot be used", "", why, style="red")
            else:
                meshes.append(mesh)
                row = _row(mesh)
                rows.append(row)
                table.add_row(escape(name), row["size"], f"{row['triangles']:,}", row["looks"])
            ticker.tick(name)
    stdout.print(table)
    for sentence in getattr(found, "left_out", ()):
        complain(sentence)
    if meshes:
        sheet = config.out or Path(f"objects-{_slug(spec)}.png")
        with writing(sheet):
            mind.contact_sheet(meshes, sheet, spec)
        stdout.print(f"Picture: {show(sheet)}", markup=False, soft_wrap=True)
    write_json_option(config.json, {"set": spec, "objects": rows})
    if broken:
        them = it_or_them(len(broken))
        complain(
            f"{counted(len(broken), len(found))} cannot be used (see the table): mend {them}, "
            f"or leave {them} out with --names."
        )
    return 1 if broken else 0


def _set(config: ObjectsConfig) -> str:
    """The one set that is listed, however it was given. Raises ConfigError."""
    given = [spec for spec in (config.listed, config.objects) if spec is not None]
    if len(set(given)) > 1:
        raise ConfigError(f"One set is listed at a time: give {given[0]} or --objects {given[1]}.")
    return given[0] if given else "builtin"


def _row(mesh: Any) -> dict[str, Any]:
    size = [round(100 * float(side), 1) for side in mesh.size]
    textures = len(mesh.texture_table)
    looks = f"{textures} texture{'s' if textures > 1 else ''}" if textures else "colours"
    return {
        "name": mesh.name,
        "size": " x ".join(f"{side:g}" for side in size),
        "size_m": [float(side) for side in mesh.size],
        "triangles": len(mesh.faces),
        "looks": looks,
    }


def _slug(spec: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", Path(spec).name).strip("-") or "set"
