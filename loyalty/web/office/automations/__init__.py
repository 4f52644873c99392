"""Automations: what happens by itself, for whom, and what became of it."""
