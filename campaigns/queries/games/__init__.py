"""Challenges and instant wins: what there is, and how members stand in them."""
