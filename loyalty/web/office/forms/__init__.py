"""What staff type, checked. A form translates words and units; operations decide."""
