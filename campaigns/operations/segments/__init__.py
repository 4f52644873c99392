"""Segments: made and changed by people, kept current by the server."""
