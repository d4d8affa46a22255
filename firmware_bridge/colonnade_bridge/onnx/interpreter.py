"""Interpreted kernels: what is behind a kernel as plain Python, parts of it replaced.

A kernel of `colonnade_models` is plain Python that numba compiles where it is installed. Here it
runs as it stands, with callees that run as they stand too, but for those that have a stand-in:
another function that does the same for a whole batch at once. So the flow of a step is written
once, and every other way to compute its inner sums fits into it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

__all__ = ["Interpreter"]

Function = Callable[..., Any]

_PACKAGE = "colonnade_models"


class Interpreter:
    """Plain functions in the place of kernels, and `stand_ins` in the place of some of them."""

    def __init__(self, stand_ins: Mapping[Function, Function] | None = None) -> None:
        self._plain: dict[Function, Function] = dict(stand_ins or {})
        self._namespaces: dict[str, dict[str, Any]] = {}

    def of(self, kernel: Function) -> Function:
        """The plain function behind a kernel, or its stand-in."""
        if kernel not in self._plain:
            body = _body(kernel)
            namespace = self._namespace(body.__module__)
            plain = FunctionType(
                body.__code__, namespace, body.__name__, body.__defaults__, body.__closure__
            )
            self._plain[kernel] = plain
        return self._plain[kernel]

    def _namespace(self, module: str) -> dict[str, Any]:
        """The names of a module, with plain functions in the place of kernels."""
        known = self._namespaces.get(module)
        if known is not None:
            return known
        namespace = self._namespaces[module] = dict(vars(sys.modules[module]))
        for name, value in namespace.items():
            if _is_kernel(value):
                namespace[name] = self.of(value)
        return namespace


def _body(kernel: Function) -> FunctionType:
    """The Python function that numba compiled, or that it would have compiled."""
    body = getattr(kernel, "py_func", kernel)
    assert isinstance(body, FunctionType)
    return body


def _is_kernel(value: Any) -> bool:
    """Whether it is a function of the mind, compiled or not."""
    body = getattr(value, "py_func", value)
    return isinstance(body, FunctionType) and body.__module__.startswith(_PACKAGE)
