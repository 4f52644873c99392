"""Segments as they are asked for: compiled to SQL, counted, explained, said in words."""
