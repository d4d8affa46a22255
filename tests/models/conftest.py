"""Examples are the same in every run, and the first one may wait for the compiler."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("kernels", deadline=None, derandomize=True)
settings.load_profile("kernels")
