"""The README's quickstart does what it says, run by a shell word for word."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from loyalty.core.tenancy.scope import acting_for
from rewards.operations.catalogue import create_reward
from tests.api.caller import key_for
from tests.cast import AT, MARA, publish, shop

README = Path(__file__).parents[2] / "README.md"
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def harvest(transactional_db, tmp_path: Path) -> None:
    """A shop like the demo's, whose key stands where the demo writes it."""
    opened = shop("harvest", currency="USD", timezone="America/New_York", country="US", language="en")
    merchant = opened.sandbox
    with acting_for(merchant, by=MARA):
        publish(at=AT)
        details = {"kind": "free_product", "name": {"en": "Bread"}, "cost_points": 120}
        create_reward(at=AT, details=details)
    (tmp_path / ".data").mkdir()
    key = key_for(merchant)
    (tmp_path / ".data" / "demo.json").write_text(
        json.dumps({"api_key": key, "curl": f"… {key} …"}, indent=2)
    )


def test_the_quickstart_joins_earns_refunds_and_redeems(harvest, live_server, tmp_path: Path):
    (script,) = re.findall(r"```sh\n(export KEY=.*?)```", README.read_text(), re.DOTALL)
    assert HERE in script
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(HERE, live_server.url)],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = ran.stdout
    assert '"dry_run":true' in said and '"points":300' in said
    assert '"points_taken":150' in said and '"available":150' in said
    assert '"status":"committed"' in said and "/api/problems#" not in said
