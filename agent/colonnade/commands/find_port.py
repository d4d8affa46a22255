"""``colonnade find-port``: the ports that have a controller behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from colonnade.checks import check_config
from colonnade.commands.console import complain, stdout
from colonnade.json_option import write_json_option
from colonnade.link_config import FindPortConfig
from colonnade.printable import printable

if TYPE_CHECKING:
    from colonnade_bridge.wire.ports import FoundPort

__all__ = ["find_port"]

_KEYS = {True: "ours", False: "another", None: "not given"}
"""What the table says of keys."""


def find_port(config: FindPortConfig) -> int:
    """Do ``colonnade find-port``; 0 when a controller was heard, otherwise 1.

    Raises:
        ConfigError: the port has no name.
        KeyFileError: the key cannot be used.
        WireError: the port that is named cannot be opened, or something else is there.
    """
    from colonnade_bridge.wire.keys import read_key
    from colonnade_bridge.wire.ports import find_ports

    check_config(config)
    key = None if config.key is None else read_key(config.key)
    found = find_ports(key, None if config.port is None else [config.port], baud=config.baud)
    if found:
        stdout.print(_table(found))
    else:
        where = "at any serial port" if config.port is None else f"at {config.port}"
        complain(
            f"No controller was heard {where}: check that it has power and runs the firmware, and "
            "that no other program has the port open."
        )
    write_json_option(config.json, {"ports": [_row(port) for port in found]})
    return 0 if found else 1


def _table(found: list[FoundPort]) -> Table:
    table = Table(box=SIMPLE, pad_edge=False)
    for column in ("port", "what", "key", "dialect", "model", "complaint"):
        table.add_column(column, overflow="fold")
    for port in found:
        ours = port.same_key
        dialect = "ours" if port.same_dialect else "another"
        table.add_row(
            escape(printable(port.url)),
            escape(printable(port.description)),
            _KEYS[port.same_key],
            dialect if ours else "",
            _model(port) or "none" if ours else "",
            _complaint(port) or "",
        )
    return table


def _row(port: FoundPort) -> dict[str, str | bool | None]:
    """A port, ready for JSON."""
    return {
        "port": port.url,
        "what": port.description,
        "same_key": port.same_key,
        "same_dialect": port.same_dialect,
        "model": _model(port),
        "complaint": _complaint(port),
    }


def _model(port: FoundPort) -> str | None:
    """The hash of the model in use, as it is shown."""
    return f"{port.model:016x}" if port.model else None


def _complaint(port: FoundPort) -> str | None:
    """What the controller says is wrong with it, or that it was ordered to stop."""
    from colonnade_bridge.wire.errors import explain

    said = ["it was ordered to stop"] if port.stopped else []
    said += [explain(port.error)] if port.error else []
    return "; ".join(said) or None
