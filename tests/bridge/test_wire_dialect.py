"""One file defines the dialect: Python, C and the specification say the same."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bridge.scripted import SOURCES, error

from colonnade_bridge.wire import dialect as module
from colonnade_bridge.wire.dialect import dialect, dialect_hash, generate_c
from colonnade_bridge.wire.errors import explain

SPEC = Path(__file__).parents[2] / "docs/spec/wire.md"


def test_the_specification_lists_the_messages_as_they_are() -> None:
    listed = re.findall(r"^\| (\d+) \| (CLN_\w+) \| \w+ \| (\d+) \|", SPEC.read_text(), re.M)
    real = [
        (str(number), kind.msgname, str(kind.unpacker.size))
        for number, kind in sorted(dialect().mavlink_map.items())
    ]
    assert listed == real


def test_the_xml_lists_fields_in_the_order_in_which_they_travel() -> None:
    for kind in dialect().mavlink_map.values():
        assert kind.fieldnames == kind.ordered_fieldnames, kind.msgname


def test_the_heartbeat_never_changes() -> None:
    """It is what tells two versions of the dialect apart."""
    heartbeat = dialect().MAVLink_cln_heartbeat_message
    assert (heartbeat.id, heartbeat.crc_extra) == (42000, 147)
    assert heartbeat.unpacker.format == "<QQQQIBbB"


def test_the_longest_frame_is_what_the_receiver_has_room_for() -> None:
    longest = max(kind.unpacker.size for kind in dialect().mavlink_map.values())
    header = (SOURCES / "link/cln_frame.h").read_text()
    assert f"#define CLN_FRAME_PAYLOAD {longest}u" in header


def in_another_process(code: str, cache: Path) -> subprocess.Popen[str]:
    program = f"from colonnade_bridge.wire.dialect import *\n{code}"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "COLONNADE_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_may_generate_it_at_the_same_time(tmp_path: Path) -> None:
    processes = [in_another_process("print(dialect_hash())", tmp_path) for _ in range(3)]
    assert {process.communicate()[0] for process in processes} == {f"{dialect_hash()}\n"}
    assert len(list(tmp_path.iterdir())) == 1


def test_the_hash_tells_dialects_apart_but_not_explanations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = module.XML.read_text()
    changes = {
        "same": ("Where the next touch would tell most.", "Where to touch next."),
        "field": ('type="int16_t" name="object"', 'type="uint16_t" name="object"'),
        "value": ('<entry value="2" name="CLN_VERDICT_UNKNOWN">',
                  '<entry value="3" name="CLN_VERDICT_UNKNOWN">'),
    }  # fmt: skip
    hashes = {}
    for name, (old, new) in changes.items():
        assert old in text
        changed = tmp_path / f"{name}.xml"
        changed.write_text(text.replace(old, new))
        code = (
            "from pathlib import Path\nfrom colonnade_bridge.wire import dialect as module\n"
            f"module.XML = Path({str(changed)!r})\nprint(module.dialect_hash())"
        )
        hashes[name] = int(in_another_process(code, tmp_path / "cache").communicate()[0])
    assert hashes["same"] == dialect_hash()
    assert len({*hashes.values()}) == 3


def test_c_gets_the_same_hash_and_may_be_generated_again(tmp_path: Path) -> None:
    for _ in range(2):
        generate_c(tmp_path / "wire")
        header = (tmp_path / "wire/cln_dialect.h").read_text()
        assert f"0x{dialect_hash():016X}ULL" in header
    assert [path.name for path in tmp_path.iterdir()] == ["wire"]
    assert (tmp_path / "wire/colonnade/mavlink.h").is_file()


def test_errors_have_the_same_words_in_c_and_in_python(wire_code: ctypes.CDLL) -> None:
    for code in range(error("COMMAND"), 1):
        assert wire_code.cln_strerror(code).decode() == explain(code)
    assert "-99" in explain(-99)
    assert wire_code.cln_strerror(-99) == wire_code.cln_strerror(1)


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    program = (
        "from colonnade_bridge.wire.errors import WireError\n"
        "try:\n    dialect()\nexcept WireError as error:\n    print(error)"
    )
    said = in_another_process(program, tmp_path / "file").communicate()[0]
    assert "COLONNADE_CACHE" in said
    assert len(said.splitlines()) == 1
