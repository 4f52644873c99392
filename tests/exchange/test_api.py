"""Exports by API: asked for, watched, fetched; nobody else's can be seen."""

import re
from base64 import b64decode
from hashlib import sha256

import pytest
from django.test import Client

from loyalty.core.jobs.tasks import run_waiting
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.operations import create_api_key
from loyalty.core.tenancy.scope import acting_for
from loyalty.exchange.api import NewExport
from loyalty.exchange.lists import LISTS
from loyalty.exchange.operations import ask_for_export
from tests.cast import AT, MARA, person, publish, shop


class Caller:
    """A shop system with a key."""

    def __init__(self, merchant: Merchant, scope: str = "exports:write"):
        with acting_for(merchant, by=MARA):
            _key, self.secret = create_api_key(name="x", scopes=[scope], at=AT)

    def __call__(self, method: str, path: str, body: object = None):
        send = getattr(Client(), method)
        headers = {"Authorization": f"Bearer {self.secret}"}
        return send(f"/api/v1/{path}", data=body, content_type="application/json", headers=headers)


@pytest.fixture
def open_shop(db: None) -> Merchant:
    made = shop()
    with acting_for(made, by=MARA):
        publish()
        person("ana", given_name="Ana")
    return made


def test_a_list_is_asked_for_watched_and_fetched(open_shop: Merchant):
    call = Caller(open_shop)
    asked = call("post", "exports", {"list": "members"})
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    job = f"jobs/{asked.json()['id']}"
    early = call("get", f"{job}/file")
    assert (early.status_code, early.json()["code"]) == (422, "not_ready")
    run_waiting()
    done = call("get", job).json()
    assert (done["state"], done["result"], done["parts"]) == ("done", {"rows": 1}, 1)
    part = call("get", f"{job}/file?part=0").json()
    content = b64decode(part["content"])
    assert sha256(content).hexdigest() == done["file_sha256"]
    assert b"Ana" in content and part["name"].endswith(".csv")
    assert call("get", f"{job}/file?part=1").status_code == 404


def test_jobs_of_people_and_of_other_keys_do_not_exist_for_a_key(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        of_mara = ask_for_export(name="events", at=AT)
    from loyalty.core import ids

    call, other = Caller(open_shop), Caller(open_shop)
    own = call("post", "exports", {"list": "events"}).json()["id"]
    assert call("get", f"jobs/{own}").status_code == 200
    for job in (own, ids.encode("job", of_mara.pk)):
        assert other("get", f"jobs/{job}").json()["code"] == "not_found"


def test_every_list_there_is_can_be_asked_for(open_shop: Merchant):
    call = Caller(open_shop)
    told = set(re.findall(r"\w+", NewExport.__doc__ or ""))
    for name in (*LISTS, "whole"):
        assert call("post", "exports", {"list": name}).status_code == 202, name
        assert name in told


@pytest.mark.parametrize("body", [{"list": "secrets"}, {"list": "members", "format": "pdf"}, {}, {"list": 1}])
def test_what_cannot_be_exported_is_refused(open_shop: Merchant, body: dict):
    answer = Caller(open_shop)("post", "exports", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
