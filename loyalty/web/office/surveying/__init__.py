"""Surveys in the dashboard: built, opened, sent, read, and followed up; and what fits a member."""
