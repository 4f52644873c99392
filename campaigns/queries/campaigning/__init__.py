"""Campaigns: found and listed, what they add to the programme, what they came to."""
