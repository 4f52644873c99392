"""Choosing members from the list, and doing the same for many."""
