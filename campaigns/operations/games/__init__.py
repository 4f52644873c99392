"""Challenges, contests, streaks, badges, boards and instant wins: everything that can be done about them."""
