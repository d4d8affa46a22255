"""The agent: policies, the episode loop, learning, recognition, the command line and reports."""

from colonnade.kernel_cache import drop_stale_kernels

drop_stale_kernels()
