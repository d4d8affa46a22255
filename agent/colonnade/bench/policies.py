"""``colonnade bench policies``: what going where the hypotheses disagree is worth.

The same objects in the same orientations, with the same noise and first places, once a policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from colonnade.bench.config import PoliciesConfig
from colonnade.bench.laboratory import laboratory
from colonnade.bench.table import cell, table
from colonnade.engine import ENGINE
from colonnade.episode_options import EpisodeOptions
from colonnade.flags import Policy

__all__ = ["run"]


def run(config: PoliciesConfig, engine: str = ENGINE) -> int:
    """Do ``colonnade bench policies`` and return its exit code; raises as `ycb.run` does."""
    with laboratory("policies", config, config.objects, engine) as lab:
        models = lab.learn("seed{seed}/model", config.objects, config.names, body=config.body)
        options = EpisodeOptions(body=config.body, noise=config.noise, max_steps=config.max_steps)
        rows = []
        for policy in get_args(Policy):
            name = f"seed{{seed}}/{policy}"
            episodes = lab.show(name, models, replace(options, policy=policy))
            rows.append({"policy": policy, **lab.measure(episodes, models)})
        print(policy_table(rows))
        return lab.conclude(rows)


def policy_table(rows: Sequence[dict[str, Any]]) -> str:
    """A line a policy; the first one is what the steps of the others are compared with."""
    groups = [
        ("", ["policy", "episodes", "correct %"]),
        ("steps", ["mean", "median", "times as many", "time-outs %"]),
        ("rotation error", ["mean °", "median °"]),
        ("time", ["step µs", "object ms"]),
    ]
    lines = [
        [
            *(row["policy"], cell(row["episodes"], "d"), cell(row["accuracy"], scale=100.0)),
            *(cell(row["steps_mean"]), cell(row["steps_median"])),
            cell(row["steps_mean"] / rows[0]["steps_mean"], ".2f"),
            cell(row["timeout_rate"], scale=100.0),
            cell(row["rotation_error_deg_mean"]),
            cell(row["rotation_error_deg_median"]),
            cell(row["step_us"]["total"]),
            cell(row["episode_s_median"], scale=1e3),
        ]
        for row in rows
    ]
    return table("Policies (rotation error up to the true symmetry)", groups, lines)
