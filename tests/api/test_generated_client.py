"""A client that a third party's generator makes from the published document joins, earns and redeems."""

import importlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyalty.web.api import Generator
from tests.api.caller import key_for


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The generated package, importable."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "schema.json").write_text(
        json.dumps(Generator().get_schema(request=None, public=True), default=str)
    )
    (folder / "config.yml").write_text("post_hooks: []\n")
    program = Path(sys.executable).parent / "openapi-python-client"
    made = subprocess.run(
        [program, "generate", "--path", folder / "schema.json", "--config", folder / "config.yml", "--meta", "none",
         "--output-path", folder / "shop_client", "--fail-on-warning"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield importlib.import_module("shop_client")
    sys.path.remove(str(folder))


def call(name, **arguments):
    """`call("orders.record_order", …)` → the parsed answer of the generated function."""
    function = importlib.import_module(f"shop_client.api.{name}")
    answer = function.sync_detailed(**arguments)
    assert 200 <= answer.status_code < 300, answer.content
    return answer.parsed


@pytest.mark.slow
def test_a_generated_client_joins_earns_and_redeems(generated, luna_open, live_server):
    models = importlib.import_module("shop_client.models")
    client = generated.AuthenticatedClient(base_url=live_server.url, token=key_for(luna_open))

    member = call(
        "members.join_member", client=client, body=models.NewMember(external_id="ana", given_name="Ana")
    )
    order = models.NewOrder(
        external_id="receipt-1",
        currency="SEK",
        placed_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        lines=[models.NewLine(sku="latte", amount_minor=18_450)],
        member=models.MemberRef(external_id="ana"),
    )
    earned = call("orders.record_order", client=client, body=order, idempotency_key="order-1")
    assert (earned.points, earned.balance, earned.member) == (184, 184, member.id)
    again = call("orders.record_order", client=client, body=order, idempotency_key="order-1")
    assert again.id == earned.id

    name = models.NewRewardName.from_dict({"en": "Coffee"})
    body = models.NewReward(kind=models.NewRewardKind.FREE_PRODUCT, name=name, cost_points=100)
    reward = call("rewards.create_reward", client=client, body=body, idempotency_key="reward-1")
    wish = models.NewRedemption(member=member.id, reward=reward.id)
    reserved = call("redemptions.reserve_reward", client=client, body=wish, idempotency_key="redeem-1")
    done = call("redemptions.commit_redemption", client=client, id=reserved.id, idempotency_key="commit-1")
    assert done.status == "committed"

    balances = call("members.read_member_balances", client=client, id=member.id)
    assert balances.balances[0].available == 84
    code = call("vouchers.check_code", client=client, body=models.TypedCode(code=reserved.code))
    assert code.status == "active"
