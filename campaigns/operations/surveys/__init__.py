"""Surveys: made, opened, answered, sent out, and followed up."""
