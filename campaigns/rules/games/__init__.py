"""Challenges, contests and streaks: what counts, how far somebody is, and what they reach on the way. Pure."""

from campaigns.rules.games.measuring import Counted, Deed, Line, Progress, Purchase, measured, reached
from campaigns.rules.games.terms import Goods, Measure, Milestone, Pace, Step, Task, Terms

__all__ = [
    "Counted",
    "Deed",
    "Goods",
    "Line",
    "Measure",
    "Milestone",
    "Pace",
    "Progress",
    "Purchase",
    "Step",
    "Task",
    "Terms",
    "measured",
    "reached",
]
