"""What link, mind and port each define for themselves is the same, or the firmware is not built."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.bridge.scripted import FLAGS, SOURCES
from tests.bridge.tools import GCC, needs

from colonnade_bridge.wire.dialect import generate_c


@needs(*GCC)
@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("link/cln_gather.h", "CLN_GATHER_PATCHES 5u", "CLN_GATHER_PATCHES 6u"),
        ("link/cln_gather.h", "CLN_GATHER_PERCEPT 18u", "CLN_GATHER_PERCEPT 19u"),
        ("link/cln_link.h", "CLN_LINK_PAGE         16u", "CLN_LINK_PAGE 8u"),
        ("ports/cln_port.h", "CLN_PORT_PAGE 16u", "CLN_PORT_PAGE 32u"),
        ("ports/cln_port.h", "    CLN_SLOTS\n", "    CLN_SLOT_SPARE, CLN_SLOTS\n"),
        ("ports/cln_port.h", "CLN_PORT_PAGE 16u", "CLN_PORT_PAGE 16u"),
    ],
)
def test_link_mind_and_port_agree_or_nothing_is_built(
    file: str, before: str, after: str, tmp_path: Path
) -> None:
    """The last one changes nothing."""
    copy = shutil.copytree(SOURCES, tmp_path / "c")
    generate_c(tmp_path / "wire")
    text = (copy / file).read_text()
    assert before in text
    (copy / file).write_text(text.replace(before, after))
    folders = [f"-I{copy / name}" for name in ("", "link", "ports", "firmware")]
    done = subprocess.run(
        ["gcc", *FLAGS, "-fsyntax-only", *folders, "-isystem", tmp_path / "wire",
         copy / "firmware" / "main.c"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == (before == after)
    assert before == after or re.search(r"cln_link_\w+. is negative", done.stderr)
