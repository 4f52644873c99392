"""Pages about what members are worth, what they cost, goals, return, advice, and the review of a quarter."""
