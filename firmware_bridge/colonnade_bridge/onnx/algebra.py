"""Values of a graph that is being built, written like the formulas of the kernels.

``a + b * c`` on values makes the nodes that compute it, in that order: float32 results then have
the bits of the kernel that was written the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

__all__ = ["Builder", "Value"]

OPSET, IR_VERSION = 18, 9
"""Those of onnxruntime 1.20 and far older ones."""

Operand = Any
"""A value, or a number or an array that becomes a constant."""


class Builder:
    """A graph in the making: its nodes in order, its constants, what goes in and what comes out."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._tensors: list[TensorProto] = []
        self._inputs: list[ValueInfoProto] = []
        self._outputs: list[ValueInfoProto] = []
        self._count = 0

    def _name(self, kind: str) -> str:
        self._count += 1
        return f"{kind.lower()}_{self._count}"

    def constant(self, array: Any, name: str | None = None) -> Value:
        """A constant; equal ones without a name are one."""
        array = np.asarray(array)
        if name is not None:
            self._tensors.append(numpy_helper.from_array(array, name))
            return Value(self, name)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = self._name("constant")
            self._tensors.append(numpy_helper.from_array(array, self._constants[key]))
        return Value(self, self._constants[key])

    def value(self, operand: Operand) -> Value:
        """The operand as a value of this graph; a Python float counts as a float32."""
        if isinstance(operand, Value):
            return operand
        if isinstance(operand, float):
            operand = np.float32(operand)
        return self.constant(operand)

    def input(
        self,
        name: str,
        kind: Any,
        shape: Sequence[int | str],
        default: NDArray[Any] | None = None,
    ) -> Value:
        """What is fed under a name; where there is a `default` it need not be."""
        self._inputs.append(helper.make_tensor_value_info(name, _type(kind), shape))
        if default is not None:
            self._tensors.append(numpy_helper.from_array(np.asarray(default, kind), name))
        return Value(self, name)

    def output(self, name: str, value: Value, kind: Any, shape: Sequence[int | str]) -> None:
        """Give a value out under a name."""
        self._nodes.append(helper.make_node("Identity", [value.name], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, _type(kind), shape))

    def op(self, kind: str, *operands: Operand, **attributes: Any) -> Value:
        """A node with one output."""
        return self.ops(kind, 1, *operands, **attributes)[0]

    def ops(self, kind: str, count: int, *operands: Operand, **attributes: Any) -> list[Value]:
        """A node with `count` outputs."""
        names = [self._name(kind) for _ in range(count)]
        inputs = [self.value(operand).name for operand in operands]
        self._nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return [Value(self, name) for name in names]

    def branch(
        self,
        truth: Value,
        then: Callable[[], Iterable[Operand]],
        otherwise: Callable[[], Iterable[Operand]],
        kinds: Sequence[Any] = (np.float32,),
    ) -> list[Value]:
        """The results, of these `kinds`, that `then` builds where `truth` (1,) is true; else those
        that `otherwise` builds. Only one of the two is computed."""
        graphs = []
        for build in (then, otherwise):
            with self._nested() as nodes:
                results = [self.op("Identity", result) for result in build()]
            outputs = [
                helper.make_tensor_value_info(result.name, _type(kind), None)
                for result, kind in zip(results, kinds, strict=True)
            ]
            graphs.append(helper.make_graph(nodes, self._name("branch"), [], outputs))
        then_branch, else_branch = graphs
        return self.ops("If", len(kinds), truth, then_branch=then_branch, else_branch=else_branch)

    @contextmanager
    def _nested(self) -> Iterator[list[NodeProto]]:
        outer, self._nodes = self._nodes, []
        try:
            yield self._nodes
        finally:
            self._nodes = outer

    def model(self, name: str, producer: str, version: str) -> ModelProto:
        """The whole graph as a model."""
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, self._tensors)
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name=producer,
            producer_version=version,
        )


class Value:
    """A tensor of the graph. Shapes broadcast as in numpy."""

    __array_ufunc__ = None  # a numpy number on the left leaves the operation to the value

    def __init__(self, builder: Builder, name: str) -> None:
        self.builder, self.name = builder, name

    def _op(self, kind: str, *others: Operand, **attributes: Any) -> Value:
        return self.builder.op(kind, self, *others, **attributes)

    def __add__(self, other: Operand) -> Value:
        return self._op("Add", other)

    def __sub__(self, other: Operand) -> Value:
        return self._op("Sub", other)

    def __mul__(self, other: Operand) -> Value:
        return self._op("Mul", other)

    def __truediv__(self, other: Operand) -> Value:
        return self._op("Div", other)

    def __radd__(self, other: Operand) -> Value:
        return self.builder.value(other) + self

    def __rsub__(self, other: Operand) -> Value:
        return self.builder.value(other) - self

    def __rmul__(self, other: Operand) -> Value:
        return self.builder.value(other) * self

    def __rtruediv__(self, other: Operand) -> Value:
        return self.builder.value(other) / self

    def __neg__(self) -> Value:
        return self._op("Neg")

    def __gt__(self, other: Operand) -> Value:
        return self._op("Greater", other)

    def __ge__(self, other: Operand) -> Value:
        return self._op("GreaterOrEqual", other)

    def __lt__(self, other: Operand) -> Value:
        return self._op("Less", other)

    def __le__(self, other: Operand) -> Value:
        return self._op("LessOrEqual", other)

    def __and__(self, other: Operand) -> Value:
        return self._op("And", other)

    def equals(self, other: Operand) -> Value:
        return self._op("Equal", other)

    def where(self, then: Operand, otherwise: Operand) -> Value:
        """`then` where this is true, else `otherwise`."""
        return self._op("Where", then, otherwise)

    def at_least(self, other: Operand) -> Value:
        return self._op("Max", other)

    def at_most(self, other: Operand) -> Value:
        return self._op("Min", other)

    def sqrt(self) -> Value:
        return self._op("Sqrt")

    def floor(self) -> Value:
        return self._op("Floor")

    def cast(self, kind: Any) -> Value:
        return self._op("Cast", to=_type(kind))

    def take(self, index: Operand, axis: int = 0) -> Value:
        """The entries that `index` names along an axis."""
        return self._op("Gather", index, axis=axis)

    def transposed(self, *order: int) -> Value:
        return self._op("Transpose", perm=list(order))

    def deeper(self, *axes: int) -> Value:
        """With further axes of length one, at these places of the result."""
        return self._op("Unsqueeze", np.array(axes, np.int64))

    def flatter(self, *axes: int) -> Value:
        """Without these axes, which are of length one."""
        return self._op("Squeeze", np.array(axes, np.int64))

    def reshaped(self, *shape: int) -> Value:
        """In another shape: 0 keeps a length, -1 is what is left."""
        return self._op("Reshape", np.array(shape, np.int64))

    def parts(self, *sizes: int, axis: int = 0) -> list[Value]:
        """Pieces of these lengths along an axis."""
        return self.builder.ops("Split", len(sizes), self, np.array(sizes, np.int64), axis=axis)

    def summed(self, axis: int) -> Value:
        """The sum along an axis: exact only of whole numbers, as its order is not said."""
        return self._op("ReduceSum", np.array([axis], np.int64), keepdims=0)

    def largest(self, axis: int) -> Value:
        return self._op("ReduceMax", np.array([axis], np.int64), keepdims=0)

    def running(self, axis: int) -> Value:
        """Sums along an axis, one added after the other."""
        return self._op("CumSum", np.array(axis, np.int64))


def _type(kind: Any) -> int:
    return int(helper.np_dtype_to_tensor_dtype(np.dtype(kind)))
