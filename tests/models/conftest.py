"""Examples are the same in every run, and the first one may wait for the compiler."""

from __future__ import annotations

from hypothesis import settings

from colonnade.kernel_cache import drop_stale_kernels

drop_stale_kernels()  # numba does not see that a kernel's callee in another file changed

settings.register_profile("kernels", deadline=None, derandomize=True)
settings.load_profile("kernels")
