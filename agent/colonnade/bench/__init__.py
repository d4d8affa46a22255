"""Benchmarks: the field's published conditions, run and scored by its rules."""
