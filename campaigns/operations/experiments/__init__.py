"""Experiments: written, started, stopped, decided; who was exposed; who is held out."""
