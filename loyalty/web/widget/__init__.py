"""The widget on a shop's own pages: a script, and in its frame what guests and members see."""
