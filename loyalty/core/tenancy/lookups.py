"""`name__begins="an"`: a prefix search that can use an index although row-level security is on.

Django's `startswith` becomes LIKE, which PostgreSQL does not trust under row-level security: it would run
only after the policy, on every row of the shop. The operator `^@` is trusted and uses a B-tree whose
collation is "C".
"""

from typing import Any

from django.db.models import CharField, Lookup


@CharField.register_lookup
class Begins(Lookup):
    """`column ^@ text`: true when the column begins with exactly this text."""

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} ^@ {right}", (*left_values, *right_values)
