"""Settings: what a shop decides about itself, one page a subject."""
