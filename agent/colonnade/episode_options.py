"""How a recognition episode is run, whatever is shown in it."""

from __future__ import annotations

from dataclasses import dataclass

from colonnade.flags import Body, Columns, Noise, Policy
from colonnade.motion import Motion

__all__ = ["EpisodeOptions"]


@dataclass(frozen=True, kw_only=True)
class EpisodeOptions:
    """The body, what disturbs it, what moves the object, and how long it may take."""

    body: Body
    """touch: a fingertip that rides the surface. camera: looks from a distance and can jump."""

    noise: Noise
    """standard: on what is perceived. raw: on every depth pixel."""

    max_steps: int
    """Steps after which the strongest hypothesis counts."""

    policy: Policy = "distinguish"
    """Where the sensor goes next; distinguish: where the hypotheses disagree."""

    columns: Columns = 1
    """Patches of the sensor, each a column's own, that vote."""

    motion: Motion | None = None
    """How the object is moved meanwhile; None: it lies still."""

    any_size: bool = False
    """Whether the object may be 0.7 to 1.4 times as large as it was learned."""

    record_steps: bool = False
    """Whether the episode keeps a trace of its steps."""

    record_percepts: bool = False
    """Whether it keeps what was felt, so that it can be recognised again without a body."""
