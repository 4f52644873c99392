"""Trying a draft of the programme on the shop's own past."""
