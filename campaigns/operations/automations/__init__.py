"""Automations: shaped, begun for members, and carried out step by step."""
