"""The little TOML that a run's config.toml needs; `tomllib` of the standard library reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["to_toml"]


def to_toml(content: Mapping[str, Any]) -> str:
    """Spell plain values and one level of tables as TOML.

    Values are strings, numbers, booleans and flat lists of them; None is left out, as TOML has
    no word for it. ``tomllib.loads(to_toml(x)) == x`` for everything else.

    Raises:
        TypeError: for a value of another kind.
    """
    lines = [
        f"{_key(key)} = {_value(value)}"
        for key, value in content.items()
        if value is not None and not isinstance(value, Mapping)
    ]
    for key, table in content.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{_key(key)}]"]
            lines += [f"{_key(k)} = {_value(v)}" for k, v in table.items() if v is not None]
    return "\n".join(lines).lstrip("\n") + "\n"


def _key(key: str) -> str:
    bare = key.replace("_", "").replace("-", "")
    return key if bare.isascii() and bare.isalnum() else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)  # inf and nan are spelt alike
    if isinstance(value, str):
        # JSON strings are TOML basic strings, but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise TypeError(f"TOML has no spelling for {type(value).__name__}")
