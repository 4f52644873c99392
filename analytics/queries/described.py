"""What tools for reports can read, as PostgreSQL itself describes it, and how the figures are made of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext, override

from analytics.queries.figures import FIGURES, KEPT, Term

_VIEWS = """
SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''), a.attname,
       format_type(a.atttypid, NULL), coalesce(col_description(c.oid, a.attnum), '')
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relnamespace = 'bi'::regnamespace AND c.relkind = 'v'
 ORDER BY c.relname = 'shop' DESC, c.oid, a.attnum
"""
_TYPES = {"timestamp with time zone": "timestamptz", "character varying": "text"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view: its name, its type, and what it means with its unit."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True, slots=True)
class View:
    """A view of schema `bi`: what it shows, and its columns."""

    name: str
    meaning: str
    columns: tuple[Column, ...]


def views() -> list[View]:
    """Every view that a reader may read, in the order in which they are explained."""
    with connection.cursor() as cursor:
        cursor.execute(_VIEWS)
        rows = cursor.fetchall()
    found: dict[str, tuple[str, list[Column]]] = {}
    for view, text, column, type_, meaning in rows:
        found.setdefault(view, (text, []))[1].append(Column(column, _TYPES.get(type_, type_), meaning))
    return [View(name, text, tuple(columns)) for name, (text, columns) in found.items()]


def chapter() -> str:
    """Both as the chapter of the operator's manual (Markdown, English)."""
    return "\n".join([*_of_views(), *_of_figures()]) + "\n"


def _of_views() -> Iterator[str]:
    for view in views():
        yield from (
            f"### bi.{view.name}",
            "",
            view.meaning,
            "",
            "| column | type | meaning |",
            "|---|---|---|",
        )
        yield from (f"| `{one.name}` | {one.type} | {one.meaning} |" for one in view.columns)
        yield ""


def _of_figures() -> Iterator[str]:
    yield from (
        "### The figures of the reports",
        "",
        "| | figure | unit | out of `bi.facts` | by |",
        "|---|---|---|---|---|",
    )
    with override("en"):
        for made in FIGURES.values():
            whole = f" ÷ ({_term(made.whole)})" if made.whole else ""
            cuts = ", ".join(cut for cut in made.cuts if cut in KEPT)
            name = made.label({"other": gettext("points")})
            yield f"| {made.row} | {name} | {made.unit} | ({_term(made.part)}){whole} | {cuts} |"


def _term(term: Term) -> str:
    plus = " + ".join(f"`{name}`" for name in term.plus)
    minus = "".join(f" − `{name}`" for name in term.minus)
    return f"{plus}{minus}{', of all days so far' if term.upto else ''}"
