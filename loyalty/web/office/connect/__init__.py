"""Connect: the quickstart, keys and webhooks of a shop."""
