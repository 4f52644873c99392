"""How fast, measured: `make bench`. Ratios to raw PostgreSQL doing the same writes, in the same run, on this machine."""
