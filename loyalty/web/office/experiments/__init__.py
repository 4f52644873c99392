"""Experiments: planned with advice, started, read at any time, decided."""
