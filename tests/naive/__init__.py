"""Slow, plain reference versions of every kernel; tests hold the fast ones against them."""
