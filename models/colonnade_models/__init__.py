"""The mind: percepts, object memory, columns. Needs numpy, numba and safetensors, nothing else."""

__version__ = "0.1.0"
