"""Sections with numbers: how often it was right, how long it took, and what went wrong."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from colonnade.commands.console import counted
from colonnade.commands.copies import same_mesh
from colonnade.episode import Episode
from colonnade.report import svg
from colonnade.report.markup import big_number, escaped, fact_list, named, number, percent
from colonnade.summary import UNKNOWN

__all__ = ["accuracy", "effort", "mistakes"]

FAR_OFF = 15.0
"""Degrees beyond which a pose is as good as wrong."""

MOST_IN_MATRIX = 60
SIDE_BY_SIDE = 20
"""Up to so many objects the matrix and the table of objects share the width of the page."""
NO_ANSWER = "no answer"
MOST_COPIES = 20
"""Sentences about meshes that have several names."""
FEW_TAKE_LONGER = (
    "A few steps, those that propose new poses, take much longer than the median, so an episode "
    "takes longer than its number of steps and their median would have it."
)


def accuracy(
    summary: Mapping[str, Any], episodes: Sequence[Episode], learned: Sequence[str]
) -> str:
    """What was taken for what, and how often each object was right."""
    rows = [
        f'<tr><td class="name">{named(name)}'
        f"{'' if name in learned else ' <span class=none>(never learned)</span>'}</td>"
        f'<td><span class="bar wide-only"><i style="width:'
        f'{100 * row["correct"] / row["episodes"]:.0f}%"></i></span>'
        f"{row['correct']}/{row['episodes']}</td><td>{number(row['steps_mean'])}</td>"
        f"<td>{number(row['rotation_error_deg_median'], '°')}</td></tr>"
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
        f"<tr>{_name_cell(shown)}{_name_cell(answer)}<td>{n}</td></tr>"
        for (shown, answer), n in wrong[:40]
    )
    return (
        "<table><thead><tr><th>shown</th><th>answered</th><th>times</th></tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def effort(summary: Mapping[str, Any], episodes: Sequence[Episode]) -> str:
    """Steps, rotation errors and the time of a step."""
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
    compiling = ", with compiling" if summary["compiled"] else ""
    late = summary["timeout_rate"]
    late_text = f" {percent(late)} came to the step limit." if late else ""
    return (
        "<h2>How long it takes, and how well it knows the pose</h2>"
        f"<p>Over all episodes; rotation errors over those that were right.{late_text}</p>"
        '<div class="two">'
        '<div class="panel"><h3>Steps to recognition</h3>'
        + svg.histogram(
            steps,
            label="Histogram of steps to recognition",
            unit="steps",
            whole=True,
            high=steps_high,
            mark=summary["steps_median"],
            mark_label=f"median {big_number(summary['steps_median'])}",
        )
        + '</div><div class="panel"><h3>Rotation error, up to the object\'s symmetry</h3>'
        + svg.histogram(
            errors,
            label="Histogram of rotation errors",
            unit="degrees",
            high=error_high,
            colour=svg.PALETTE[1],
            mark=summary["rotation_error_deg_median"],
            mark_label=f"median {number(summary['rotation_error_deg_median'], '°')}",
        )
        + '</div><div class="panel"><h3>Where the time of a step goes, median</h3>'
        + svg.stacked_bar(stages, label="Time of a step by stage, median", unit="µs")
        + f'<p class="none">{FEW_TAKE_LONGER}</p></div><div class="panel"><h3>More numbers</h3>'
        + fact_list(
            {
                "steps, mean": number(summary["steps_mean"]),
                "rotation error, mean": number(summary["rotation_error_deg_mean"], "°"),
                "… up to the symmetry the column found": number(
                    summary["rotation_error_column_deg_median"], "° median"
                ),
                "… up to no symmetry": number(
                    summary["rotation_error_plain_deg_median"], "° median"
                ),
                "found symmetric": percent(summary["symmetric_rate"]),
                f"poses off by more than {FAR_OFF:.0f}°": percent(far_off),
                "an episode, mean": number(1e3 * summary["episode_s_mean"], " ms"),
                f"memory of all processes{compiling}": number(summary["peak_rss_mb"], " MB"),
            }
        )
        + "</div></div>"
    )


def mistakes(
    episodes: Sequence[Episode],
    changed: Sequence[str],
    copies: Sequence[Sequence[str]] = (),
) -> str:
    """The episodes that were wrong; nothing if there are none.

    Args:
        changed: objects whose meshes are not those that were learned.
        copies: names that share one mesh, together.
    """
    wrong = [episode for episode in episodes if not episode.correct]
    if not wrong:
        return ""
    rows = "".join(
        f"<tr>{_name_cell(e.object)}{_name_cell(e.decision or NO_ANSWER)}"
        f"<td>{e.trial}</td><td>{e.steps}{' (limit)' if e.timeout else ''}</td>"
        f"<td>{number(e.margin)}</td></tr>"
        for e in wrong[:60]
    )
    more = f'<p class="none">and {len(wrong) - 60} more</p>' if len(wrong) > 60 else ""
    reason = ""
    if changed:
        names = f"<b>{', '.join(map(named, changed))}</b>"
        reason = f" Of these the mesh has changed since they were learned: {names}."
    confused = {episode.object for episode in wrong}
    for names_of_one in [group for group in copies if confused & set(group)][:MOST_COPIES]:
        reason += f" {escaped(same_mesh(names_of_one))}"
    share = f"{len(wrong)} of {counted(len(episodes), what='episode')}"
    return (
        f"<h2>What went wrong</h2><p>{share}. The same numbers, with seeds and "
        "poses, are in <code>episodes.parquet</code>."
        f"{reason}</p>"
        '<div class="panel scroll"><table><thead><tr><th>shown</th><th style="text-align:left">'
        "answered</th><th>trial</th><th>steps</th><th>margin, nats</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>{more}</div>"
    )


def _name_cell(text: str) -> str:
    return f'<td class="name">{named(text)}</td>'
