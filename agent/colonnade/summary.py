"""The headline numbers of an evaluation, computed from its episodes alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.episode import Episode

__all__ = ["UNKNOWN", "judge", "rotation_angle_deg", "summarise"]

UNKNOWN = "unknown"


def judge(episode: Episode, learned: Collection[str], trial: int) -> Episode:
    """Number an episode, and count `unknown` as right for an object never learned."""
    if episode.object in learned:
        return replace(episode, trial=trial)
    return replace(
        episode,
        trial=trial,
        correct=episode.decision in (UNKNOWN, None),
        rotation_error_column_deg=math.nan,
        rotation_error_deg=math.nan,
    )


def rotation_angle_deg(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Angle in degrees between two unit quaternions (4,), the way about that is shorter."""
    return math.degrees(2.0 * math.acos(min(1.0, abs(float(np.dot(a, b))))))


def summarise(episodes: Sequence[Episode], learned: Collection[str]) -> dict[str, Any]:
    """Count and average.

    Args:
        episodes: all episodes of an evaluation.
        learned: names that the memory holds. Any other object is unseen, and `unknown` (or no
            answer at all) is the correct answer for it.

    Returns:
        Plain numbers by name. Rotation errors are over correctly named learned objects:
        ``rotation_error_deg_*`` up to the object's true symmetry,
        ``rotation_error_column_deg_*`` up to the symmetry that the column itself found,
        ``rotation_error_plain_deg_*`` up to nothing. NaN stands where nothing can be averaged.
    """
    known = [episode for episode in episodes if episode.object in learned]
    unseen = [episode for episode in episodes if episode.object not in learned]
    posed = [episode for episode in known if episode.correct]
    true_error = [episode.rotation_error_deg for episode in posed]
    column_error = [episode.rotation_error_column_deg for episode in posed]
    plain_error = [rotation_angle_deg(e.rotation, e.rotation_estimate) for e in posed]
    return {
        "objects": len({episode.object for episode in episodes}),
        "episodes": len(episodes),
        "accuracy": _share(episodes, _correct),
        "accuracy_learned": _share(known, _correct),
        "unknown_rate": _share(episodes, _unknown),
        "false_unknown_rate": _share(known, _unknown),
        "unknown_recall": _share(unseen, _correct),
        "timeout_rate": _share(episodes, lambda episode: episode.timeout),
        "symmetric_rate": _share(posed, lambda episode: episode.symmetric),
        "objects_learned": len({episode.object for episode in known}),
        "objects_unseen": len({episode.object for episode in unseen}),
        "steps_mean": _mean([episode.steps for episode in episodes]),
        "steps_median": _median([episode.steps for episode in episodes]),
        "rotation_error_deg_mean": _mean(true_error),
        "rotation_error_deg_median": _median(true_error),
        "rotation_error_column_deg_mean": _mean(column_error),
        "rotation_error_column_deg_median": _median(column_error),
        "rotation_error_plain_deg_mean": _mean(plain_error),
        "rotation_error_plain_deg_median": _median(plain_error),
        "step_us": {
            "sense": _median([episode.sense_us for episode in episodes]),
            "infer": _median([episode.infer_us for episode in episodes]),
            "policy": _median([episode.policy_us for episode in episodes]),
            "total": _median([episode.total_us for episode in episodes]),
        },
        "episode_s_mean": _mean([episode.seconds for episode in episodes]),
        "episode_s_median": _median([episode.seconds for episode in episodes]),
        "per_object": _per_object(episodes),
    }


def _per_object(episodes: Sequence[Episode]) -> dict[str, dict[str, Any]]:
    result: dict[str, dict[str, Any]] = {}
    for name in sorted({episode.object for episode in episodes}):
        own = [episode for episode in episodes if episode.object == name]
        result[name] = {
            "episodes": len(own),
            "correct": sum(episode.correct for episode in own),
            "steps_mean": _mean([episode.steps for episode in own]),
            "rotation_error_deg_median": _median(
                [episode.rotation_error_deg for episode in own if episode.correct]
            ),
        }
    return result


def _correct(episode: Episode) -> bool:
    return episode.correct


def _unknown(episode: Episode) -> bool:
    return episode.unknown


def _share(episodes: Sequence[Episode], holds: Callable[[Episode], bool]) -> float:
    return sum(map(holds, episodes)) / len(episodes) if episodes else math.nan


def _finite(values: Iterable[float]) -> list[float]:
    return [float(value) for value in values if math.isfinite(value)]


def _mean(values: Iterable[float]) -> float:
    finite = _finite(values)
    return float(np.mean(finite)) if finite else math.nan


def _median(values: Iterable[float]) -> float:
    finite = _finite(values)
    return float(np.median(finite)) if finite else math.nan
