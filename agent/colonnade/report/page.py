"""The page itself: sections of the report, from what an evaluation left behind."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from colonnade.engine import Engine, load_engine
from colonnade.episode import Episode
from colonnade.files import atomic_write
from colonnade.report import svg
from colonnade.report.painter import data_url, paint_surfels
from colonnade.report.story import (
    best_view_direction,
    choose,
    crop_to_path,
    events,
    evidence_lines,
    path_overlay,
)
from colonnade.report.style import STYLE
from colonnade.report.view import view_of
from colonnade.summary import UNKNOWN

__all__ = ["write_report"]

FAR_OFF = 15.0
"""Degrees beyond which a pose is as good as wrong."""

MOST_IN_MATRIX = 60
SIDE_BY_SIDE = 20
"""Up to so many objects the matrix and the table of objects share the width of the page."""
MOST_PICTURES = 120
FROM = (35.0, 28.0)
"""Azimuth and elevation of the gallery's pictures, degrees."""
NO_ANSWER = "no answer"


def write_report(
    path: Path,
    summary: Mapping[str, Any],
    episodes: Sequence[Episode],
    memory: Any,
    trained: Mapping[str, Any],
    engine: str,
) -> None:
    """Write the whole report to `path` as one HTML file without outside references.

    Args:
        path: file to write, atomically.
        summary: what `colonnade.summary.summarise` gave, and the run's own facts.
        episodes: all episodes; the story is chosen from those that have a trace.
        memory: the learned objects, for their pictures.
        trained: the run's [train] table, which says where the meshes are.
        engine: module that opens meshes and takes their pictures.
    """
    mind = load_engine(engine)
    meshes = _open(mind, trained["objects"], trained["names"], trained["scale"])
    shown = meshes
    if summary["set"] != trained["objects"]:
        names = sorted({episode.object for episode in episodes})
        shown = _open(mind, summary["set"], names, summary.get("scale", 1.0))
    sections = [
        _head(summary, episodes),
        _story(episodes, shown, summary, mind),
        _gallery(summary, memory, meshes, mind),
        _accuracy(summary, episodes, memory.names),
        _effort(summary, episodes),
        _mistakes(episodes),
        _made(summary),
    ]
    title = f"Colonnade: {_set_name(summary)}"
    atomic_write(
        path,
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{_e(title)}</title>\n"
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n",
    )


def _head(summary: Mapping[str, Any], episodes: Sequence[Episode]) -> str:
    right = sum(episode.correct for episode in episodes)
    touches = "touches" if summary["body"] == "touch" else "looks"
    noise = {
        "none": "without noise",
        "standard": "under standard noise (2 mm, 2°, 0.1 in colour)",
        "raw": "under raw noise (1 mm on every depth pixel)",
    }[summary["noise"]]
    cards = [
        _card(
            _percent(summary["accuracy"]), f"correct: {right} of {len(episodes)} episodes", "hero"
        ),
        _card(_value(summary["steps_median"]), f"{touches} to an answer, median"),
        _card(
            _value(summary["rotation_error_deg_median"], "°"),
            "rotation error, median, up to symmetry",
        ),
        _card(_value(summary["step_us"]["total"], "µs"), "a step: sense, infer, decide, move"),
    ]
    if summary["objects_unseen"]:
        cards.append(
            _card(_percent(summary["unknown_recall"]), "of never learned objects named unknown")
        )
    cards.append(
        _card(_percent(summary["false_unknown_rate"]), "of learned objects wrongly called unknown")
    )
    if summary.get("train_s"):
        cards.append(_card(_value(summary["train_s"], "s"), "to learn all objects"))
    cards.append(_card(_value(summary["model_bytes"] / 1e3, "kB"), "the whole model"))
    if len(cards) % 4 == 3:
        cards.append(_card(_value(1e3 * summary["episode_s_mean"], "ms"), "an episode, mean"))
    verdict = _verdict(summary)
    lead = (
        f"{summary['objects']} objects of <b>{_e(_set_name(summary))}</b>, each shown in "
        f"{summary['rotations']} random orientation{'s' if summary['rotations'] > 1 else ''}, "
        f"felt by a {_sensor(summary)} {noise}."
    )
    return (
        f'<header><p class="mark">Colonnade</p><h1>{verdict}</h1><p class="lead">{lead}</p>'
        f'</header><div class="cards">{"".join(cards)}</div>'
    )


def _verdict(summary: Mapping[str, Any]) -> str:
    error = summary["rotation_error_deg_median"]
    pose = f", and its pose to {error:.1f}°" if math.isfinite(error) else ""
    what = "touches" if summary["body"] == "touch" else "looks"
    steps = _value(summary["steps_median"])
    if summary["accuracy"] >= 0.9995 and not summary["objects_learned"]:
        return f"Every stranger found out after {steps} {what}"
    if summary["accuracy"] >= 0.9995:
        return f"Every object recognised after {steps} {what}{pose}"
    share = f"{100 * summary['accuracy']:.1f}".removesuffix(".0")
    return f"{share} % recognised, after {steps} {what}{pose}"


def _story(
    episodes: Sequence[Episode],
    meshes: Mapping[str, Any],
    summary: Mapping[str, Any],
    mind: Engine,
) -> str:
    episode = choose(episodes)
    if episode is None:
        return ""
    picture = ""
    mesh = _mesh(meshes, episode.object)
    if mesh is not None:
        azimuth, elevation = best_view_direction(episode)
        view = view_of(mesh.vertices, azimuth, elevation, 0.84)
        image = mind.snapshot(mesh, view, 720)
        left, top, right, bottom = crop_to_path(image, episode, view)
        picture = (
            f'<div class="scene"><img src="{data_url(image[top:bottom, left:right], 200)}" '
            f'alt="{_e(episode.object)}" width="{right - left}" height="{bottom - top}">'
            f"{path_overlay(episode, view, (left, top, right, bottom), 720)}</div>"
        )
    told = events(episode, _sensor(summary))
    jumps = [float(step.step) for step in episode.trace or [] if step.goal]
    chart = svg.lines(
        evidence_lines(episode),
        label=f"Evidence for each object over the steps of one episode with {episode.object}",
        x_unit="step",
        y_unit="evidence, nats",
        hero=episode.object,
        marks=jumps,
    )
    sentences = "".join(
        f'<li class="{event.kind}"><span class="when">step {event.step}</span>'
        f"<span>{event.text}</span></li>"
        for event in told
    )
    return (
        "<h2>One recognition, step by step</h2>"
        f"<p>Where the {_sensor(summary)} went on the object, from light to dark, and what it "
        "made of it. Dashes and dotted lines are jumps; hollow dots, places where it found "
        "nothing; faint ones lie on the far side.</p>"
        f'<div class="two"><div class="panel">{picture}'
        f"<h3>Evidence for the leading objects</h3>{chart}</div>"
        f'<div class="panel"><ol class="story">{sentences}</ol></div></div>'
    )


def _gallery(
    summary: Mapping[str, Any], memory: Any, meshes: Mapping[str, Any], mind: Engine
) -> str:
    figures = []
    names = list(memory.names)
    size = 232 if len(names) <= 40 else 160
    for name in names[:MOST_PICTURES]:
        cloud = mind.surfel_cloud(memory[name])
        mesh = _mesh(meshes, name)
        if mesh is None:
            view = view_of(cloud.position, *FROM)
            left = '<span class="missing">mesh not found</span>'
        else:
            view = view_of(mesh.vertices, *FROM)
            left = _image(data_url(mind.snapshot(mesh, view, size), 96), f"mesh of {name}", size)
        right = _image(data_url(paint_surfels(cloud, view, size), 96), f"surfels of {name}", size)
        told = summary.get("training", {}).get(name, {})
        facts = f"{len(cloud.position):,} surfels"
        if told.get("steps"):
            facts += f" from {told['steps']:,} {_touches(summary)} in {told['seconds']:.1f} s"
        figures.append(
            f'<figure class="object"><div>{left}{right}</div>'
            f"<figcaption><b>{_e(name)}</b>{facts}</figcaption></figure>"
        )
    more = len(names) - MOST_PICTURES
    rest = f'<p class="none">and {more} more</p>' if more > 0 else ""
    return (
        f"<h2>What it learned</h2><p>{len(names)} objects. On the left the mesh, on the right the "
        "surfels of the column's memory: every disc is one learned point with its place, its "
        f'direction and its colour.</p><div class="gallery">{"".join(figures)}</div>{rest}'
    )


def _accuracy(
    summary: Mapping[str, Any], episodes: Sequence[Episode], learned: Sequence[str]
) -> str:
    rows = [
        f'<tr><td class="name">{_e(name)}'
        f"{'' if name in learned else ' <span class=none>(never learned)</span>'}</td>"
        f'<td><span class="bar wide-only"><i style="width:'
        f'{100 * row["correct"] / row["episodes"]:.0f}%"></i></span>'
        f"{row['correct']}/{row['episodes']}</td><td>{_plain(row['steps_mean'])}</td>"
        f"<td>{_plain(row['rotation_error_deg_median'], '°')}</td></tr>"
        for name, row in summary["per_object"].items()
    ]
    matrix = f'<div class="panel"><h3>Confusion</h3>{_confusion(episodes, learned)}</div>'
    if len(rows) <= SIDE_BY_SIDE:
        panels = f'{matrix}<div class="panel"><h3>Object by object</h3>{_object_table(rows)}</div>'
        layout = f'<div class="two">{panels}</div>'
    else:
        half = (len(rows) + 1) // 2
        tables = _object_table(rows[:half]) + _object_table(rows[half:])
        layout = (
            f'{matrix}<div class="panel below"><h3>Object by object</h3>'
            f'<div class="two wide-gap">{tables}</div></div>'
        )
    return (
        "<h2>How often it was right</h2><p>Rows are what was shown, columns what was answered. "
        "For an object that was never learned, <code>unknown</code> is the right answer.</p>"
        + layout
    )


def _object_table(rows: Sequence[str]) -> str:
    return (
        "<div><table><thead><tr><th>object</th><th>correct</th><th>steps</th>"
        f"<th>rotation error</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _confusion(episodes: Sequence[Episode], learned: Sequence[str]) -> str:
    pairs = Counter((episode.object, episode.decision or NO_ANSWER) for episode in episodes)
    rows = sorted({name for name, _ in pairs}, key=lambda name: (name not in learned, name))
    answers = {answer for _, answer in pairs}
    if len(rows) <= MOST_IN_MATRIX and len(answers) <= MOST_IN_MATRIX:
        columns = [name for name in rows if name in learned]
        columns += sorted(answers - set(columns) - {UNKNOWN, NO_ANSWER})
        columns += [name for name in (UNKNOWN, NO_ANSWER) if name in answers]
        counts = [[pairs[row, column] for column in columns] for row in rows]
        right = {row: row if row in learned else UNKNOWN for row in rows}
        return svg.confusion(rows, columns, counts, right)
    wrong = [(pair, n) for pair, n in pairs.most_common() if pair[0] != pair[1]]
    wrong = [(p, n) for p, n in wrong if p[0] in learned or p[1] not in (UNKNOWN, NO_ANSWER)]
    if not wrong:
        return '<p class="none">Nothing was ever confused.</p>'
    lines = "".join(
        f'<tr><td class="name">{_e(shown)}</td><td class="name">{_e(answer)}</td><td>{n}</td></tr>'
        for (shown, answer), n in wrong[:40]
    )
    return (
        "<table><thead><tr><th>shown</th><th>answered</th><th>times</th></tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def _effort(summary: Mapping[str, Any], episodes: Sequence[Episode]) -> str:
    steps = [episode.steps for episode in episodes]
    errors = [
        episode.rotation_error_deg
        for episode in episodes
        if episode.correct and math.isfinite(episode.rotation_error_deg)
    ]
    far_off = sum(error > FAR_OFF for error in errors) / len(errors) if errors else math.nan
    step = summary["step_us"]
    stages = {
        "sense: patch to percept": step["sense"],
        "infer: percept to evidence": step["infer"],
        "policy: where to go next": step["policy"],
    }
    stages = {name: value if math.isfinite(value) else 0.0 for name, value in stages.items()}
    total = step["total"] if math.isfinite(step["total"]) else 0.0
    stages["body: move and cast rays"] = max(0.0, total - sum(stages.values()))
    error_high = max(10.0, 5.0 * float(np.median(errors))) if errors else None
    steps_high = max(10.0, float(np.percentile(steps, 97)) * 1.15) if steps else None
    late = summary["timeout_rate"]
    late_text = f" {_percent_text(late)} came to the step limit." if late else ""
    return (
        "<h2>How long it takes, and how well it knows the pose</h2>"
        f"<p>Over all episodes; rotation errors over those that were right.{late_text}</p>"
        '<div class="two">'
        '<div class="panel"><h3>Steps to recognition</h3>'
        + svg.histogram(
            steps,
            label="Histogram of steps to recognition",
            unit="steps",
            high=steps_high,
            mark=summary["steps_median"],
            mark_label=f"median {_value(summary['steps_median'])}",
        )
        + '</div><div class="panel"><h3>Rotation error, up to the object\'s symmetry</h3>'
        + svg.histogram(
            errors,
            label="Histogram of rotation errors",
            unit="degrees",
            high=error_high,
            colour=svg.PALETTE[1],
            mark=summary["rotation_error_deg_median"],
            mark_label=f"median {_plain(summary['rotation_error_deg_median'], '°')}",
        )
        + '</div><div class="panel"><h3>Where the time of a step goes</h3>'
        + svg.stacked_bar(stages, label="Time of a step by stage", unit="µs")
        + '</div><div class="panel"><h3>More numbers</h3>'
        + _facts(
            {
                "steps, mean": _plain(summary["steps_mean"]),
                "rotation error, mean": _plain(summary["rotation_error_deg_mean"], "°"),
                "… up to the symmetry the column found": _plain(
                    summary["rotation_error_column_deg_median"], "° median"
                ),
                "… up to no symmetry": _plain(
                    summary["rotation_error_plain_deg_median"], "° median"
                ),
                "found symmetric": _percent_text(summary["symmetric_rate"]),
                f"poses off by more than {FAR_OFF:.0f}°": _percent_text(far_off),
                "an episode": _plain(1e3 * summary["episode_s_mean"], " ms"),
                "memory of all processes": _plain(summary["peak_rss_mb"], " MB"),
            }
        )
        + "</div></div>"
    )


def _mistakes(episodes: Sequence[Episode]) -> str:
    wrong = [episode for episode in episodes if not episode.correct]
    if not wrong:
        return ""
    rows = "".join(
        f'<tr><td class="name">{_e(e.object)}</td><td class="name">{_e(e.decision or NO_ANSWER)}'
        f"</td><td>{e.trial}</td><td>{e.steps}{' (limit)' if e.timeout else ''}</td>"
        f"<td>{_plain(e.margin)}</td></tr>"
        for e in wrong[:60]
    )
    more = f'<p class="none">and {len(wrong) - 60} more</p>' if len(wrong) > 60 else ""
    return (
        f"<h2>What went wrong</h2><p>{len(wrong)} of {len(episodes)} episodes. The same numbers, "
        "with seeds and poses, are in <code>episodes.parquet</code>.</p>"
        '<div class="panel scroll"><table><thead><tr><th>shown</th><th style="text-align:left">'
        "answered</th><th>trial</th><th>steps</th><th>margin, nats</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{more}</div>"
    )


def _made(summary: Mapping[str, Any]) -> str:
    facts = {
        "command": f"<code>{_e(summary['command'])}</code>",
        "set": _e(str(summary["set"])),
        "body": summary["body"],
        "noise": summary["noise"],
        "seed": str(summary["seed"]),
        "step limit": str(summary["max_steps"]),
        "Colonnade": summary["version"],
    }
    return f'<h2>How this was made</h2><div class="panel">{_facts(facts)}</div>'


def _open(mind: Engine, spec: str, names: Sequence[str], scale: float) -> Mapping[str, Any]:
    """The meshes for pictures; a set that is not here any more costs the pictures only."""
    try:
        return mind.open_set(spec, list(names), scale)
    except (ValueError, OSError):
        return {}


def _mesh(meshes: Mapping[str, Any], name: str) -> Any | None:
    try:
        return meshes[name]
    except (KeyError, ValueError, OSError):
        return None


def _image(url: str, alt: str, size: int) -> str:
    return f'<img src="{url}" alt="{_e(alt)}" width="{size}" height="{size}">'


def _facts(facts: Mapping[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in facts.items()) + "</dl>"


def _card(value: str, label: str, kind: str = "") -> str:
    return f'<div class="card {kind}"><b>{value}</b><span>{label}</span></div>'


def _percent(share: float | None) -> str:
    if share is None or math.isnan(share):
        return "–"
    return f"{100 * share:.1f}".removesuffix(".0") + " <small>%</small>"


def _percent_text(share: float | None) -> str:
    if share is None or math.isnan(share):
        return "–"
    return f"{100 * share:.1f} %"


def _value(value: float | None, unit: str = "") -> str:
    if value is None or math.isnan(value):
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"
    return text + (unit if unit == "°" else f" <small>{unit}</small>" if unit else "")


def _plain(value: float | None, unit: str = "") -> str:
    if value is None or math.isnan(value):
        return "–"
    return (f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}") + unit


def _sensor(summary: Mapping[str, Any]) -> str:
    return "fingertip" if summary["body"] == "touch" else "camera"


def _touches(summary: Mapping[str, Any]) -> str:
    return "touches" if summary["body"] == "touch" else "looks"


def _set_name(summary: Mapping[str, Any]) -> str:
    return Path(summary["set"]).name or summary["set"]


def _e(text: str) -> str:
    return html.escape(text, quote=True)
