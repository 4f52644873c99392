"""Campaigns: written, launched, looked after by the clock, and tried on the past."""
