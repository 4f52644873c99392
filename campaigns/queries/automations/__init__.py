"""Automations: found, told in words, and what members do in them."""
