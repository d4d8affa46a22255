"""The report: one valid page that fetches nothing, and tells what is in the episodes."""

from __future__ import annotations

import html
import re
import warnings
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.agent import fake_engine
from tests.naive import painter as naive

from colonnade.commands.explore import explore
from colonnade.config import ExploreConfig
from colonnade.engine import SurfelCloud, surfel_cloud
from colonnade.episode import Episode, StepTrace
from colonnade.episode_options import EpisodeOptions
from colonnade.report import svg
from colonnade.report.page import write_report
from colonnade.report.painter import data_url, paint_surfels, splat
from colonnade.report.path import path_overlay
from colonnade.report.story import choose, events, evidence_lines
from colonnade.report.view import project, view_of
from colonnade_models import surfel as S
from colonnade_models.learned import LearnedObject

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Checker(HTMLParser):
    """Tags close in order, and nothing refers to another place."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "poster", "srcset"):
                assert (value or "").startswith("data:"), (tag, name, value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def check_page(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<script|NaN|\bnan\b|None", strip(page))
    return checker


def strip(page: str) -> str:
    """The page without its pictures."""
    return re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", page)


def episode(name: str = "mug", seed: int = 3, steps: bool = True) -> Episode:
    meshes = fake_engine.open_set("small", None, 1.0)
    learned = [
        fake_engine.learn(meshes[name], body="touch", seed=0) for name in ("mug", "bowl", "a/b")
    ]
    return fake_engine.recognise(
        fake_engine.build_memory(learned),
        meshes[name],
        np.array([0.0, 0.0, 0.6, 0.8]),
        EpisodeOptions(body="touch", noise="none", max_steps=500, record_steps=steps),
        seed=seed,
    )


@pytest.mark.parametrize("body", ["touch", "camera"])
def test_report_is_one_valid_page(tmp_path: Path, body: str) -> None:
    asked = ExploreConfig(objects="small", out=tmp_path / "r", rotations=6, workers=1, body=body)  # type: ignore[arg-type]
    explore(asked, "tests.agent.fake_engine")
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    checker = check_page(page)
    assert checker.seen >= {"svg", "img", "table", "ol", "style", "title"}
    text = strip(page)
    for heading in (
        "One recognition, step by step",
        "What it learned",
        "How often it was right",
        "Steps to recognition",
        "Rotation error",
        "Where the time of a step goes",
        "How this was made",
    ):
        assert heading in text
    assert "random:007" in text
    assert "a step, median: sense" in text
    assert "A few steps, those that propose new poses, take much longer" in text
    assert ("looks" if body == "camera" else "touches") in text
    assert page.count("data:image/png") == 2 * 6 + 1


def test_report_of_hostile_names_and_a_vanished_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fake_engine.SETS, "bad", ("<b>&'\"", "mug"))

    def write_once_it_is_gone(*given: Any) -> None:
        monkeypatch.delitem(fake_engine.SETS, "bad")
        write_report(*given)

    monkeypatch.setattr("colonnade.commands.evaluate.write_report", write_once_it_is_gone)
    asked = ExploreConfig(objects="bad", out=tmp_path / "r", rotations=2, workers=1, scale=0.9)
    explore(asked, "tests.agent.fake_engine")
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    check_page(page)
    assert "<b>&amp;" not in page
    assert "&lt;b&gt;&amp;&#x27;" in page
    assert "mesh not found" in page


def test_story_has_a_beginning_and_an_end() -> None:
    told = events(episode(), "fingertip")
    assert told[0].kind == "start"
    assert told[-1].kind == "end"
    assert 2 <= len(told) <= 12
    assert "turned by 74°" in told[0].text
    assert "The answer is <b>mug</b>" in told[-1].text
    assert [event.step for event in told] == sorted(event.step for event in told)


def step(evidence: dict[str, float], hypotheses: int = 50, **changes: Any) -> StepTrace:
    first = (episode().trace or [])[0]
    return replace(first, evidence=evidence, hypotheses=hypotheses, on_object=True, **changes)


def told_of_a_jump(before: StepTrace) -> str:
    trace = [replace(before, step=0, goal=False), replace(before, step=1, goal=True)]
    return next(e.text for e in events(replace(episode(), trace=trace), "tip") if e.kind == "jump")


def test_story_says_why_it_jumps_only_as_far_as_the_evidence_tells() -> None:
    close = told_of_a_jump(step({"mug": 3.0, "bowl": 1.5, "fork": -9.0}))
    assert "<b>mug</b> is 1.5 nats ahead of <b>bowl</b>" in close
    assert "tell its hypotheses apart" in close
    for far in ({"mug": 30.0, "bowl": 1.5}, {"mug": 30.0}):
        text = told_of_a_jump(step(far))
        assert "how <b>mug</b> lies" in text
        assert "poses" in text
        assert "bowl" not in text
    alone = told_of_a_jump(step({"mug": 30.0}, hypotheses=1))
    assert "one hypothesis of <b>mug</b>" in alone
    assert "poses" not in alone
    assert "<b>" not in told_of_a_jump(step({}, hypotheses=0))


@pytest.mark.parametrize(
    ("changes", "evidence", "has", "has_not"),
    [
        (
            {},
            {"mug": 9.0, "bowl": 2.0},
            "<b>mug</b>, with 7.0 nats of evidence more than the next",
            "wrong",
        ),
        ({}, {"mug": 7.0, "bowl": -2.0}, "7.0 nats of evidence and no other object left", "next"),
        ({}, {"mug": 7.0}, "7.0 nats of evidence and no other object left", "next"),
        (
            {"decision": "bowl", "correct": False},
            {"bowl": 9.0, "mug": 2.0},
            "7.0 nats of evidence more than the next object; that is wrong, it was mug.",
            "unknown",
        ),
        (
            {"decision": "unknown", "unknown": True, "correct": False},
            {"bowl": 9.0, "mug": 2.0},
            "<b>unknown</b>: <b>bowl</b> fits best, but explains too little of what was felt; "
            "that is wrong, it was mug.",
            "nats",
        ),
        ({"decision": "unknown", "unknown": True}, {}, "The answer is <b>unknown</b>.", "nats"),
        ({"decision": None, "correct": False}, {}, "<b>no answer</b>; that is wrong", "ahead"),
    ],
)
def test_story_ends_with_what_is_true(
    changes: dict[str, Any], evidence: dict[str, float], has: str, has_not: str
) -> None:
    right = {"object": "mug", "decision": "mug", "correct": True, "unknown": False, "margin": 7.0}
    trace = [step({}, step=0), step(evidence, step=1)]
    told = replace(episode(), trace=trace, timeout=False, **right | changes)
    end = events(told, "tip")[-1].text
    assert has in end
    assert has_not not in end


def test_story_is_chosen_among_what_was_recorded_and_right() -> None:
    assert choose([]) is None
    assert choose([episode(steps=False)]) is None
    right = episode()
    wrong = replace(right, correct=False, decision="bowl")
    assert choose([wrong, right, episode(steps=False)]) is right


def test_evidence_keeps_the_true_object() -> None:
    lines = evidence_lines(episode())
    assert "mug" in lines
    assert all(len(line) > 3 for line in lines.values())


def test_path_lies_where_the_picture_shows_it() -> None:
    mesh = fake_engine.open_set("small", None, 1.0)["mug"]
    view = view_of(mesh.vertices, 0.0, 0.0)
    places = mesh.centre + np.array([[0, 0, 0], [0, 0.01, 0], [0, 0, 0.01]])
    x, y, depth = project(view, places).T
    assert np.allclose([x[0], y[0]], 0.5, atol=0.01)
    assert x[1] > 0.5  # seen from +x, the object's +y points right
    assert y[2] < 0.5  # and +z up
    assert np.allclose(depth[0], view.distance, rtol=0.02)
    outline = project(view, mesh.vertices)[:, :2]
    assert outline.min() >= 0.02
    assert outline.max() <= 0.98
    assert max(np.ptp(outline, axis=0)) > 0.9
    assert path_overlay(episode(), view, (0, 0, 99, 99), 99).count("<circle") == episode().steps


@pytest.mark.parametrize(
    ("y", "sides"), [(0.0, ["end", "start"]), (0.005, ["end", "start"]), (0.06, ["start", "start"])]
)
def test_start_and_end_are_not_written_over_each_other(y: float, sides: list[str]) -> None:
    mesh = fake_engine.open_set("small", None, 1.0)["mug"]
    view = view_of(mesh.vertices, 0.0, 0.0)
    first = step({"mug": 1.0})
    trace = [
        replace(first, location=(mesh.centre + np.array([0, side, 0])).astype(np.float32))
        for side in (-0.03, y - 0.03)
    ]
    drawn = path_overlay(replace(episode(), trace=trace), view, (0, 0, 720, 720), 720)
    assert re.findall(r'text-anchor="(\w+)"', drawn) == sides


def test_painted_surfels_show_what_is_in_front() -> None:
    grid = np.stack(np.meshgrid(*[np.linspace(-0.05, 0.05, 30)] * 2), -1).reshape(-1, 2)
    front = np.column_stack([np.full(len(grid), 0.05), grid])
    back = front - [0.1, 0, 0]
    towards = np.tile([1.0, 0, 0], (len(grid), 1))
    cloud = SurfelCloud(
        np.concatenate([front, back]).astype(np.float32),
        np.concatenate([towards, towards]).astype(np.float32),
        np.concatenate([towards, towards[:, ::-1]]).astype(np.float32),  # red before blue
    )
    view = view_of(cloud.position, 0.0, 0.0, 0.8)
    image = paint_surfels(cloud, view, 64)
    r, g, b = image[32, 32]
    assert r > 120
    assert max(g, b) < 60
    assert (image[0, 0] == 255).all()
    nothing = SurfelCloud(*(np.zeros((0, 3), np.float32) for _ in range(3)))
    assert (paint_surfels(nothing, view, 8) == 255).all()


def test_a_speck_whose_surfels_all_look_elsewhere_is_painted() -> None:
    axes = np.array([[x, 0, 0] for x in (1, -1)] + [[0, y, 0] for y in (1, -1)], np.float32)
    axes = np.concatenate([axes, np.array([[0, 0, 1], [0, 0, -1]], np.float32)])
    speck = SurfelCloud(axes * np.float32(0.001), axes, np.zeros((6, 3), np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = paint_surfels(speck, view_of(speck.position, 35.0, 28.0), 64)
    assert (image < 255).any()
    assert data_url(image).startswith("data:image/png;base64,")


def test_surfels_are_drawn_in_the_colours_that_were_learned() -> None:
    import colorsys

    table = np.zeros((50, S.SURFEL_SIZE), np.float32)
    table[:, S.COLOUR : S.COLOUR + 3] = np.random.default_rng(0).random((50, 3))
    cloud = surfel_cloud(LearnedObject("thing", table, 0.004))
    expected = [colorsys.hsv_to_rgb(*map(float, row)) for row in table[:, S.COLOUR :][:, :3]]
    assert cloud.colour.dtype == np.float32
    assert np.allclose(cloud.colour, expected, atol=1e-5)


@pytest.mark.parametrize("values", [[], [0.0], [3.0] * 9, [1.0, 2.0, 1e4], list(range(200))])
def test_histograms_count_every_value(values: list[float]) -> None:
    drawn = svg.histogram(values, label="x", unit="y", high=50.0, mark=2.0, mark_label="m")
    counted = [int(n) for n in re.findall(r": (\d+)</title>", drawn)]
    assert sum(counted) == len(values)


@pytest.mark.parametrize("values", [[3.0], [10.0] * 9, [9.0, 10.0, 41.0, 1e4]])
def test_labels_of_histograms_stand_above_the_bars(values: list[float]) -> None:
    drawn = svg.histogram(values, label="x", unit="y", high=50.0, mark=10.0, mark_label="median 10")
    bars = [float(y) for y in re.findall(r'<rect x="[\d.]+" y="([\d.]+)"', drawn)]
    label = re.search(r'y="([\d.]+)"[^>]*>median 10<', drawn)
    others = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>≥', drawn)]
    assert label
    assert float(label[1]) + 12 < min(bars + others)


@pytest.mark.parametrize("most", [1, 3, 7, 60, 400])
def test_what_is_counted_has_whole_ticks(most: int) -> None:
    assert all(tick.is_integer() for tick in svg.nice_ticks(0.0, most, whole=True))
    drawn = svg.histogram(
        [float(most)] * 3, label="x", unit="steps", high=1.15 * most, whole=True
    ) + svg.lines(
        {"a": [(1, 0.0), (2, float(most))]}, label="x", x_unit="n", y_unit="", hero="a",
        counted=True,
    )  # fmt: skip
    written = [float(text) for text in re.findall(r">([\d.]+)(?:</text>| to)", drawn)]
    assert written
    assert all(number.is_integer() for number in written)


def test_memory_says_whether_something_was_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ExploreConfig(objects="tiny", out=tmp_path / "a", rotations=1, workers=1)
    pages = []
    for compiled in (False, True):
        monkeypatch.setattr("colonnade.warm_up._compiled", compiled)
        explore(replace(asked, out=tmp_path / str(compiled)), "tests.agent.fake_engine")
        pages.append((tmp_path / str(compiled) / "report.html").read_text())
    assert "<dt>memory of all processes</dt>" in pages[0]
    assert "<dt>memory of all processes, with compiling</dt>" in pages[1]


def test_ticks_are_round_and_inside() -> None:
    assert svg.nice_ticks(0, 10) == [0, 2, 4, 6, 8, 10]
    assert svg.nice_ticks(-3, 14, 4) == [0, 5, 10]
    ticks = svg.nice_ticks(0.0, 0.037)
    assert ticks[0] == 0
    assert ticks[-1] <= 0.037
    assert len(ticks) > 3


def test_splat_agrees_with_the_naive_painter() -> None:
    random = np.random.default_rng(1)
    n, size = 60, 24
    at = random.uniform([-4, -4, 0.4], [size + 4, size + 4, 0.6], (n, 3))
    normal = random.standard_normal((n, 3))
    normal[:, 2] = np.abs(normal[:, 2])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    colour, scale = random.uniform(0, 300, (n, 3)), random.uniform(300, 600, n)
    radius = random.uniform(0.005, 0.01, n)
    drawn = []
    for paint in (splat, naive.splat):
        nearest, image = np.full((size, size), np.inf), np.full((size, size, 3), 255.0)
        paint(at, normal, colour, scale, radius, nearest, image)
        drawn.append((nearest, image))
    assert np.isfinite(drawn[0][0]).mean() > 0.3
    assert np.allclose(drawn[0][0], drawn[1][0], rtol=0, atol=1e-12)
    assert np.allclose(drawn[0][1], drawn[1][1], rtol=0, atol=1e-9)


@pytest.mark.parametrize("count", [3, 40])
def test_confusion_shows_every_count(count: int) -> None:
    names = [f"thing {i}" for i in range(count)]
    counts = [[7 if i == j else 0 for j in range(count)] for i in range(count)]
    counts[0][1] = 2
    drawn = svg.confusion(names, names, counts, {name: name for name in names})
    assert drawn.count(">7</text>") == count
    assert drawn.count(">2</text>") == 1
    assert drawn.count("192,57,43") == 1


def test_long_names_do_not_widen_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = 'a "very" ' * 20
    monkeypatch.setitem(fake_engine.SETS, "long", (long, "mug"))
    asked = ExploreConfig(objects="long", out=tmp_path / "run", rotations=3, workers=1)
    explore(asked, fake_engine.__name__)
    page = (tmp_path / "run" / "report.html").read_text()
    whole = html.escape(long)
    assert f'<td class="name"><span title="{whole}">{html.escape(long[:39])}…</span></td>' in page
    assert f"{html.escape(long[:15])}…<title>{whole}</title></text>" in page
    assert page.count(f"<b>{whole}</b>") == 1  # in the gallery
    assert "minmax(0,1fr)" in page
