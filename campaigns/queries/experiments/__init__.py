"""Experiments: found, assigned, measured, advised."""
