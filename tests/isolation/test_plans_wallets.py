"""What wallets ask of the database uses an index, in a shop with thousands of cards."""

import os

import psycopg

from loyalty.connectors.wallets import queries
from loyalty.connectors.wallets.models import WalletDevice, WalletPass
from loyalty.core.tenancy import scope
from tests.isolation.crowd import Crowded
from tests.isolation.test_plans import nodes, plans, slow_steps

CARDS = """
INSERT INTO wallets_walletpass (id, merchant_id, member_id, platform, token, made_at, changed_at, attempts, error)
SELECT id, merchant_id, id, 'apple', '', joined_at, joined_at, 0, '' FROM members_member;
INSERT INTO wallets_walletdevice (id, merchant_id, wallet_pass_id, device, push_token, registered_at)
SELECT id, merchant_id, id, id::text, '', joined_at FROM members_member;
ANALYZE
"""


def test_wallets_use_an_index(crowded: Crowded) -> None:
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"], autocommit=True) as admin:
        for statement in CARDS.split(";"):
            admin.execute(statement)
    member, merchant = crowded.member, scope.merchant_id()
    hot = {
        "a member's cards": lambda: list(WalletPass.objects.filter(member=member, voided_at=None)),
        "a card by its number": lambda: queries.pass_of(member.hex),
        "a phone's cards": lambda: list(queries.changed_on("nobody", since=None)),
        "whether a phone is known": lambda: queries.is_known("nobody"),
        "the phones of a card": lambda: list(WalletDevice.objects.filter(wallet_pass=member)),
    }
    read = {
        name: [node["Node Type"] for plan in plans(run) for node in nodes(plan)] for name, run in hot.items()
    }
    assert [name for name, steps in read.items() if "Seq Scan" in steps] == []
    slow = {name: slow_steps(run) for name, run in hot.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []
    assert WalletPass.objects.filter(merchant=merchant).count() > 1000
