"""What the reports say of flash, RAM and stack is what the tools and the board say."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.bridge.tools import ARM, MAKE, needs

from colonnade_bridge.build import build
from colonnade_bridge.size_report import SizeReportError, main, read_map
from colonnade_bridge.stack_report import (
    INTERRUPT,
    LIBRARY,
    StackReportError,
    deepest,
    read_graphs,
    worst,
)
from colonnade_bridge.stack_report import main as report_stack


@needs(*ARM)
@needs(*MAKE)
def test_sizes_are_those_of_the_linked_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    firmware = build("an500", program="check")
    told = subprocess.run(
        ["arm-none-eabi-size", firmware.elf], capture_output=True, text=True, check=True
    )
    text, data, bss = map(int, told.stdout.splitlines()[1].split()[:3])
    report = read_map(firmware.map)
    assert report.flash == pytest.approx(text + data, abs=16)
    assert report.ram == pytest.approx(data + bss, abs=16)
    assert report.stack == 4096
    by_name = {part.name: part for part in report.parts}
    assert by_name["ports/mps2.o"].bss >= 1024
    assert by_name["ports/check.o"].code > 300
    main(firmware.map, tmp_path / "sizes.json")
    written = json.loads((tmp_path / "sizes.json").read_text())
    assert written["flash_bytes"] == report.flash
    assert written["parts"][0]["code"] >= written["parts"][-1]["code"]
    assert f"{report.flash:,}" in capsys.readouterr().out


def test_what_is_no_map_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.map").write_text("nothing")
    with pytest.raises(SizeReportError, match=r"no\.map is no linker's map"):
        read_map(tmp_path / "no.map")


def graph_of(folder: Path, *lines: str) -> None:
    (folder / "part.ci").write_text("\n".join(lines))


def node(name: str, size: str) -> str:
    return f'node: {{ title: "{name}" label: "{name}\\npart.c:1:1\\n{size}" }}'


def edge(caller: str, callee: str) -> str:
    return f'edge: {{ sourcename: "{caller}" targetname: "{callee}" label: "part.c:2:2" }}'


def test_the_deepest_chain_counts_and_interrupts_come_on_top(tmp_path: Path) -> None:
    graph_of(
        tmp_path,
        node("start", "8 bytes (static)"),
        node("shallow", "100 bytes (static)"),
        node("deep", "16 bytes (dynamic,bounded)"),
        node("deeper", "200 bytes (static)"),
        node("ports/part.c:on_event", "40 bytes (static)"),
        node("main.c:callback", "600 bytes (static)"),
        edge("start", "shallow"),
        edge("start", "deep"),
        edge("deep", "deeper"),
        edge("deeper", "memcpy"),
    )
    graph = read_graphs(tmp_path)
    assert deepest(graph, "start") == (224 + LIBRARY, ("start", "deep", "deeper", "memcpy"))
    assert worst(graph, "start") == 224 + LIBRARY + INTERRUPT + 40


def test_a_call_through_a_pointer_may_mean_any_callback_but_no_interrupt(tmp_path: Path) -> None:
    graph_of(
        tmp_path,
        node("start", "8 bytes (static)"),
        node("main.c:callback", "600 bytes (static)"),
        node("main.c:smaller", "60 bytes (static)"),
        node("ports/part.c:on_event", "900 bytes (static)"),
        edge("start", "__indirect_call"),
    )
    chain = deepest(read_graphs(tmp_path), "start")
    assert chain == (608, ("start", "__indirect_call", "main.c:callback"))


@pytest.mark.parametrize("start", ["cln_reset", "cln_start"])
def test_of_what_was_not_compiled_no_stack_is_told(
    start: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A process starts in `main`, and the system gives it its stack."""
    graph_of(tmp_path, node("main", "8 bytes (static)"))
    with pytest.raises(SystemExit) as caught:
        report_stack(tmp_path, start)
    assert str(caught.value.code).startswith(f"{start} was not compiled here: stacks are told")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([node("start", "8 bytes (static)"), edge("start", "start")], "calls itself"),
        ([node("start", "8 bytes (dynamic)")], "without a bound"),
    ],
)
def test_what_has_no_bound_is_said(tmp_path: Path, lines: list[str], complaint: str) -> None:
    graph_of(tmp_path, *lines)
    with pytest.raises(StackReportError, match=complaint):
        deepest(read_graphs(tmp_path), "start")


def test_nothing_compiled_is_said(tmp_path: Path) -> None:
    with pytest.raises(StackReportError, match="fcallgraph-info"):
        read_graphs(tmp_path)
