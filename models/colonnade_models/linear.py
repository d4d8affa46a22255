"""Tiny dense solvers in float32 for the kernels: Cholesky of a 6x6, in place, no allocation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from colonnade_models.kernel import kernel

__all__ = ["cholesky", "cholesky_solve"]

ZERO = np.float32(0.0)
ONE = np.float32(1.0)
TINY = np.float32(1e-12)


@kernel
def cholesky(a: NDArray[np.float32], n: int) -> bool:
    """Overwrite the lower triangle of symmetric `a` (n, n) with its Cholesky factor.

    False where `a` is not positive definite; `a` is then spoilt.
    """
    for j in range(n):
        pivot = a[j, j]
        for k in range(j):
            pivot = pivot - a[j, k] * a[j, k]
        if not pivot > TINY:
            return False
        pivot = np.sqrt(pivot)
        a[j, j] = pivot
        inverse = ONE / pivot
        for i in range(j + 1, n):
            s = a[i, j]
            for k in range(j):
                s = s - a[i, k] * a[j, k]
            a[i, j] = s * inverse
    return True


@kernel
def cholesky_solve(factor: NDArray[np.float32], b: NDArray[np.float32], n: int) -> None:
    """Solve L L^T x = b in place of `b` (n,), L being the lower triangle of `factor`."""
    for i in range(n):
        s = b[i]
        for k in range(i):
            s = s - factor[i, k] * b[k]
        b[i] = s / factor[i, i]
    for m in range(n):
        i = n - 1 - m
        s = b[i]
        for k in range(i + 1, n):
            s = s - factor[k, i] * b[k]
        b[i] = s / factor[i, i]
