"""ONNX: a column as one static graph, and a column that runs it without numba."""
