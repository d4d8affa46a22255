"""Sections with pictures: one recognition told step by step, and what was learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from colonnade.commands.console import counted
from colonnade.engine import Engine
from colonnade.episode import Episode
from colonnade.report import svg
from colonnade.report.markup import escaped, image, sensor, touches
from colonnade.report.painter import data_url, paint_surfels
from colonnade.report.path import best_view_direction, crop_to_path, path_overlay
from colonnade.report.story import choose, events, evidence_lines
from colonnade.report.view import view_of

__all__ = ["gallery", "one_recognition"]

MOST_PICTURES = 120
FROM = (35.0, 28.0)
"""Azimuth and elevation of the gallery's pictures, degrees."""


def one_recognition(
    episodes: Sequence[Episode],
    meshes: Mapping[str, Any],
    summary: Mapping[str, Any],
    mind: Engine,
) -> str:
    """The path of a chosen episode on its object, the evidence, and what happened; or nothing."""
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
            f'alt="{escaped(episode.object)}" width="{right - left}" height="{bottom - top}">'
            f"{path_overlay(episode, view, (left, top, right, bottom), 720)}</div>"
        )
    told = events(episode, sensor(summary))
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
        f"<p>Where the {sensor(summary)} went on the object, from light to dark, and what it "
        "made of it. Dashes and dotted lines are jumps; hollow dots, places where it found "
        "nothing; faint ones lie on the far side.</p>"
        f'<div class="two"><div class="panel">{picture}'
        f"<h3>Evidence for the leading objects</h3>{chart}</div>"
        f'<div class="panel"><ol class="story">{sentences}</ol></div></div>'
    )


def gallery(
    summary: Mapping[str, Any], memory: Any, meshes: Mapping[str, Any], mind: Engine
) -> str:
    """Every learned object twice: its mesh and its surfels."""
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
            left = image(data_url(mind.snapshot(mesh, view, size), 96), f"mesh of {name}", size)
        right = image(data_url(paint_surfels(cloud, view, size), 96), f"surfels of {name}", size)
        told = summary.get("training", {}).get(name, {})
        facts = f"{len(cloud.position):,} surfels"
        if told.get("steps"):
            facts += f" from {told['steps']:,} {touches(summary)} in {told['seconds']:.1f} s"
        figures.append(
            f'<figure class="object"><div>{left}{right}</div>'
            f"<figcaption><b>{escaped(name)}</b>{facts}</figcaption></figure>"
        )
    more = len(names) - MOST_PICTURES
    rest = f'<p class="none">and {more} more</p>' if more > 0 else ""
    return (
        f"<h2>What it learned</h2><p>{counted(len(names))}. On the left the mesh, on the right the "
        "surfels of the column's memory: every disc is one learned point with its place, its "
        f'direction and its colour.</p><div class="gallery">{"".join(figures)}</div>{rest}'
    )


def _mesh(meshes: Mapping[str, Any], name: str) -> Any | None:
    try:
        return meshes[name]
    except (KeyError, ValueError, OSError):
        return None
