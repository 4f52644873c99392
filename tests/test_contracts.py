"""The floors and rooms hold: planted imports each break exactly the contract that is meant for them.

The source is copied to a temporary folder, one line is planted there, and import-linter runs on the copy.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("loyalty", "members", "rewards", "campaigns", "analytics")

FLOORS = "Floors: imports point down"
ROOF = "Roof: nothing in loyalty/ without a place"
ROOMS = "Rooms: inside an app, imports point down"
GROUND = "Ground: imports point down"
GROUND_ROOMS = "Ground rooms: inside a part of the ground, imports point down"
EVENTS = "Events: the registry of consumers stands below what it announces"
WEBHOOKS = "Webhooks: what goes out is planned, claimed, sent and noted"
WIDGET = "Widget: tokens know no database"
JOBS = "Jobs: what can be done is registered below the work"
EXCHANGE = "Exchange: imports point down"
RULES = "Rules are pure Python"
FRAMEWORKS = "Queries read for every face: they know no web framework"
SEALED = "The ledger is a sealed room: only it knows its tables"
VALUE = "Value moves in operations only"
RESTORED = "Books come back out of an archive only"

PLANTED = [
    ("members/queries/directory.py", "import rewards.rules.eligibility", {FLOORS}),
    ("loyalty/core/events/queries.py", "import loyalty.core.ledger.chart", {GROUND}),
    ("members/queries/directory.py", "import members.operations.points", {ROOMS}),
    ("rewards/queries/catalogue.py", "import loyalty.core.ledger.models", {SEALED}),
    ("rewards/queries/catalogue.py", "import loyalty.core.ledger.operations", {VALUE}),
    ("members/rules/clawback.py", "import django.utils.timezone", {RULES}),
    ("members/queries/directory.py", "import rest_framework.status", {FRAMEWORKS}),
    ("members/utils.py", "", {ROOMS}),
    ("loyalty/helpers.py", "", {ROOF}),
    ("loyalty/core/merchants/queries.py", "import loyalty.core.merchants.operations", {GROUND_ROOMS}),
    ("loyalty/core/events/queries.py", "import loyalty.core.events.operations", {EVENTS}),
    ("loyalty/core/webhooks/queries.py", "import loyalty.core.webhooks.operations", {WEBHOOKS}),
    ("loyalty/core/widget/tokens.py", "import loyalty.core.widget.models", {WIDGET}),
    ("loyalty/core/jobs/queries.py", "import loyalty.core.jobs.operations", {JOBS}),
    ("loyalty/exchange/operations.py", "import loyalty.core.ledger.restoring", {RESTORED}),
    ("loyalty/exchange/reading/text.py", "import loyalty.exchange.models", {EXCHANGE}),
]


def lint(folder: Path) -> dict[str, bool]:
    """Each contract's name and whether it was kept."""
    outcome = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    verdicts = re.findall(r"^(.+?) (KEPT|BROKEN)(?: \(.*\))?$", outcome.stdout, re.MULTILINE)
    assert verdicts, outcome.stdout + outcome.stderr
    return {name: verdict == "KEPT" for name, verdict in verdicts}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source and its contracts, to be damaged."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.sql"))
    return folder


def test_the_source_keeps_every_contract(copy: Path) -> None:
    kept = lint(copy)
    assert [name for name, fine in kept.items() if not fine] == []
    assert set(kept) == {
        FLOORS, ROOF, ROOMS, GROUND, GROUND_ROOMS, EVENTS, WEBHOOKS, WIDGET, JOBS, EXCHANGE, RULES, FRAMEWORKS, SEALED, VALUE, RESTORED
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "line", "contracts"),
    PLANTED,
    ids=[f"{path}: {line or 'a stray file'}" for path, line, _c in PLANTED],
)
def test_a_planted_import_breaks_its_contract(copy: Path, path: str, line: str, contracts: set[str]) -> None:
    file = copy / path
    before = file.read_text() if file.exists() else None
    try:
        file.write_text(f"{before or ''}\n{line}\n")
        broken = {name for name, fine in lint(copy).items() if not fine}
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before)
    assert broken == contracts


def test_every_app_stands_under_the_contracts() -> None:
    """A new app that nobody added to the contracts would be checked by none of them."""
    said = (ROOT / "pyproject.toml").read_text().partition("[tool.importlinter]")[2]
    for part in PARTS:
        if (ROOT / part / "__init__.py").exists():
            assert f'"{part}"' in said.partition("[[")[0], f"root_packages must name {part}"
    ground = {path.parent.name for path in (ROOT / "loyalty/core").glob("*/apps.py")}
    unnamed = [part for part in sorted(ground) if f'"loyalty.core.{part}"' not in said and part not in OPEN]
    assert unnamed == []


OPEN = {"api", "tenancy"}
"""Parts of the ground that have no rooms: they are one room themselves."""
