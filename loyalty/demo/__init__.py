"""A whole shop on one machine: its servers, two merchants, and a year of published grocery data."""
