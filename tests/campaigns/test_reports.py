"""Mail providers tell of bounces and complaints; nobody else can."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from campaigns.models import Suppression
from campaigns.queries.reporting import secrets
from loyalty.core import clock
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.webhooks.signing import headers
from tests.campaigns.hand import go_out, joined, messages
from tests.cast import MARA

pytestmark = pytest.mark.django_db


def secret_of(merchant: Merchant) -> str:
    with acting_for(merchant, by=MARA):
        return secrets()[0]


def tells(merchant: Merchant, said: Any, *, secret: str = "", late: timedelta = timedelta()) -> Any:
    """A provider's signed request."""
    body = json.dumps(said).encode()
    signed = headers([secret or secret_of(merchant)], name="r1", at=clock.now() - late, body=body)
    url = f"/hooks/messages/{merchant.slug}"
    return Client(enforce_csrf_checks=True).post(url, body, content_type="application/json", headers=signed)


def reasons(merchant: Merchant) -> list[str]:
    with acting_for(merchant, by=MARA):
        return list(Suppression.objects.values_list("reason", flat=True))


def test_a_signed_bounce_of_a_message_stops_its_address(luna: Merchant):
    with acting_for(luna, by=MARA):
        joined("ana")
    go_out()
    (row,) = messages(luna, kind="welcome")
    name = f"<{row.pk.hex}@127.0.0.1>"
    for _again in range(2):
        answer = tells(luna, {"reason": "bounce", "message_id": name})
        assert (answer.status_code, answer.json()) == (200, {"suppressed": True})
    assert reasons(luna) == ["bounce"]


def test_a_report_of_what_nobody_here_sent_changes_nothing(luna: Merchant):
    answer = tells(luna, {"reason": "complaint", "message_id": "<x@example.com>"})
    assert answer.json() == {"suppressed": False}
    assert reasons(luna) == []


def test_only_who_has_the_shops_own_secret_is_heard(luna: Merchant, other_shop: Merchant):
    said = {"reason": "bounce", "address": "ana@example.com"}
    assert tells(luna, said, secret=secret_of(other_shop)).status_code == 401
    assert tells(luna, said, late=timedelta(minutes=6)).status_code == 401
    assert tells(luna, said, late=timedelta(minutes=-6)).status_code == 401
    assert Client().post("/hooks/messages/luna", said, content_type="application/json").status_code == 401
    assert Client().post("/hooks/messages/nobody", said, content_type="application/json").status_code == 401
    assert reasons(luna) == []
    assert tells(luna, said).status_code == 200
    assert reasons(luna) == ["bounce"]


@pytest.mark.parametrize(
    "said",
    [[], {}, {"reason": "love"}, {"reason": "bounce", "more": 1}, {"reason": "bounce", "address": "a\x00b"}],
)
def test_what_is_no_report_is_refused_and_changes_nothing(luna: Merchant, said: Any):
    assert tells(luna, said).status_code == 400
    assert reasons(luna) == []


def test_a_report_about_nobody_is_refused(luna: Merchant):
    answer = tells(luna, {"reason": "bounce"})
    assert (answer.status_code, answer.json()) == (422, {"code": "nothing_reported"})
