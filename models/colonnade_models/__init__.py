"""The mind: percepts, object memory, columns. Needs numpy, numba and safetensors, nothing else.

A column alone runs without the last two, if slowly: see `colonnade_models.kernel`.
"""

__version__ = "0.1.0"
