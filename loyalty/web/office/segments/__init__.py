"""Segments: the list, one of them, the builder, lists by name, and where a member stands."""
