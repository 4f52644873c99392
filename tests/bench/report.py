"""The results as a table for people and as JSON for machines."""

import json
import os
import platform
from pathlib import Path

from tests.bench.clients import Figure


def table(figures: list[Figure]) -> str:
    """A Markdown table: a row a measurement."""
    lines = [
        "| what | clients | per second | p50 ms | p95 ms | p99 ms | of the ceiling | target |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.1%}"
        note = f" ({figure.errors} errors)" if figure.errors else ""
        lines.append(
            f"| {figure.name}{note} | {figure.clients} | {figure.per_second:,.0f} | {figure.p50:.2f} | "
            f"{figure.p95:.2f} | {figure.p99:.2f} | {ratio} | {figure.target} |"
        )
    return "\n".join(lines)


def save(figures: list[Figure], notes: dict[str, object], path: Path) -> None:
    """Write everything as JSON, with what this machine is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
    path.write_text(
        json.dumps(
            {"machine": machine, "notes": notes, "figures": [figure.row() for figure in figures]}, indent=1
        )
    )
