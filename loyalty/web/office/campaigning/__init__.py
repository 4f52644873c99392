"""Campaigns: the list, the calendar, one of them with what it came to, and the form."""
