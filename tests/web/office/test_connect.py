"""Connect: the quickstart sees each call, webhooks are added, tried, looked at and sent again, secrets are replaced."""

import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from loyalty.core import clock, ids
from loyalty.core.events import tasks as events
from loyalty.core.merchants.models import ApiKey
from loyalty.core.merchants.operations import create_api_key
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.webhooks import operations, queries, signing, tasks
from loyalty.core.webhooks.models import Delivery, Endpoint
from loyalty.web.office.connect import kinds, snippets
from tests.api.caller import Caller, key_for
from tests.cast import AT, MARA
from tests.core.webhooks.receiver import Receiver, receiving
from tests.needs import missing
from tests.web.office.conftest import Luna, browser_of

HTMX = {"HX-Request": "true"}
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


def added(owner: Client, luna: Luna, url: str, *chosen: str, **sent: str):
    """Add a webhook through the form; its public id."""
    go_out()  # what happened before is nobody's business
    answer = owner.post(luna.url("connect/webhooks/new/"), {"url": url, "kinds": chosen or ["*"], **sent})
    assert answer.status_code == 200, answer.context["form"].errors
    return answer, answer["Content-Location"].split("/")[-2]


def go_out() -> int:
    events.dispatch_waiting()
    return tasks.deliver_due()


# --- webhooks -----------------------------------------------------------------------------------------------


def test_a_secret_stands_on_the_answer_and_never_again(lunas: Luna, owner: Client):
    answer, public = added(
        owner, lunas, "https://shop.example/hook", "points.*", "points.earned", form_key="abc"
    )
    (secret,) = set(SECRET.findall(answer.content.decode()))
    assert "no-store" in answer["Cache-Control"]
    page = lunas.url(f"connect/webhooks/{public}/")
    assert SECRET.findall(owner.get(page).content.decode()) == []
    again = owner.post(
        lunas.url("connect/webhooks/new/"),
        {"url": "https://shop.example/hook", "kinds": ["points.*", "points.earned"], "form_key": "abc"},
    )
    assert (again.status_code, again["Location"]) == (303, page)
    with acting_for(lunas.merchant, by=MARA):
        assert Endpoint.objects.get().kinds == ["points.*"], "what is in a family needs no naming"
    assert secret


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": "http://shop.example/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://shop.example/\x00"}, "url"),
        ({"url": "https://shop.example/" + "x" * 2000}, "url"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["nothing"]}, "kinds"),
        ({"description": "x" * 121}, "description"),
    ],
)
def test_a_bad_one_comes_back_with_what_was_typed(
    lunas: Luna, owner: Client, settings, sent: dict, field: str
):
    settings.WEBHOOK_ALLOWED_NETS = ()
    good = {"url": "https://shop.example/", "kinds": ["member.joined"], "description": "Till"}
    answer = owner.post(lunas.url("connect/webhooks/new/"), {**good, **sent})
    assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]
    with acting_for(lunas.merchant, by=MARA):
        assert not Endpoint.objects.exists()
    if field != "kinds":
        assert 'value="member.joined" checked' in answer.content.decode()


def test_tested_failed_looked_at_and_sent_again(lunas: Luna, owner: Client, receiver: Receiver):
    receiver.status, receiver.says = 500, b"<b>the till is asleep</b>"
    _answer, public = added(owner, lunas, receiver.url, "order.recorded")
    page = lunas.url(f"connect/webhooks/{public}/")
    assert owner.post(f"{page}test/")["Location"] == page
    assert 'hx-trigger="every 2s"' in owner.get(page).content.decode()
    go_out()
    text = owner.get(page).content.decode()
    assert "Trying again" in text and "500" in text and "webhook.test" in text and "every 2s" in text
    with acting_for(lunas.merchant, by=MARA):
        delivery = Delivery.objects.get()
    detail = lunas.url(f"connect/webhooks/deliveries/{ids.encode('dlv', delivery.pk)}/")
    shown = owner.get(detail).content.decode()
    assert "&lt;b&gt;the till is asleep&lt;/b&gt;" in shown and "Attempt 1" in shown
    assert (
        f"webhook-id: evt_{delivery.event_number}" in shown
        and "&quot;kind&quot;: &quot;webhook.test&quot;" in shown
    )
    receiver.status = 200
    assert owner.post(f"{detail}resend/")["Location"] == page
    go_out()
    assert "Arrived" in owner.get(page).content.decode() and len(receiver.told) == 2
    assert owner.get(f"{page}?show=failed").context["deliveries"] == []
    assert len(owner.get(f"{page}?show=delivered").context["deliveries"]) == 1


def test_what_failed_in_a_time_is_sent_again_at_once(lunas: Luna, owner: Client, receiver: Receiver):
    _answer, public = added(owner, lunas, receiver.url, "order.recorded")
    page = lunas.url(f"connect/webhooks/{public}/")
    for _each in range(3):
        owner.post(f"{page}test/")
    with acting_for(lunas.merchant, by=MARA):
        Delivery.objects.update(status="failed", error="status", status_code=500)
        Delivery.objects.filter(pk=Delivery.objects.order_by("id")[0].pk).update(
            created_at=clock.now() - timedelta(days=2)
        )
    owner.post(f"{page}resend/", {"since": "nonsense"})
    assert tasks.deliver_due() == 0
    owner.post(f"{page}resend/", {"since": "24"})
    assert tasks.deliver_due() == 2 and len(receiver.told) == 2


def test_owners_read_on_the_overview_that_one_was_switched_off(
    lunas: Luna, owner: Client, receiver: Receiver
):
    receiver.status = 410
    _answer, public = added(owner, lunas, receiver.url)
    page = lunas.url(f"connect/webhooks/{public}/")
    owner.post(f"{page}test/")
    go_out()
    (look,) = [look for look in owner.get(lunas.url()).context["looks"] if look["icon"] == "webhook"]
    assert "was switched off" in look["text"] and "127.0.0.1" in look["text"] and look["url"] == page
    theirs = browser_of(lunas, "manager").get(lunas.url()).context["looks"]
    assert not [look for look in theirs if look["icon"] == "webhook"]
    assert "410" in owner.get(page).content.decode()
    assert b"switched off" in owner.get(lunas.url("connect/webhooks/")).content
    owner.post(f"{page}resume/")
    assert not [look for look in owner.get(lunas.url()).context["looks"] if look["icon"] == "webhook"]


def test_pausing_can_be_undone_and_removing_asks_first(lunas: Luna, owner: Client):
    _answer, public = added(owner, lunas, "https://shop.example/hook", description="Till")
    page = lunas.url(f"connect/webhooks/{public}/")
    owner.post(f"{page}pause/")
    shown = owner.get(page).content.decode()
    assert "Paused" in shown and f"{page}resume/" in shown and "Undo" in shown
    owner.post(f"{page}resume/")
    assert "told nothing more" in owner.get(f"{page}remove/").content.decode()
    assert b"<html" not in owner.get(f"{page}remove/", headers=HTMX).content
    assert owner.post(f"{page}remove/")["Location"] == lunas.url("connect/webhooks/")
    assert owner.get(page).status_code == 404
    assert b"Nothing is listening yet" in owner.get(lunas.url("connect/webhooks/")).content


def test_it_is_edited(lunas: Luna, owner: Client):
    _answer, public = added(owner, lunas, "https://shop.example/hook", "points.earned")
    page = lunas.url(f"connect/webhooks/{public}/")
    form = owner.get(f"{page}edit/").content.decode()
    assert 'value="points.earned" checked' in form and 'value="*" data-everything' in form.replace("  ", " ")
    sent = {"url": "https://shop.example/new", "description": "Warehouse", "kinds": ["*", "points.earned"]}
    assert owner.post(f"{page}edit/", sent)["Location"] == page
    with acting_for(lunas.merchant, by=MARA):
        row = Endpoint.objects.get()
    assert (row.url, row.description, row.kinds) == ("https://shop.example/new", "Warehouse", ["*"])
    assert "Warehouse" in owner.get(lunas.url("connect/webhooks/")).content.decode()


def test_every_kind_can_be_chosen_and_stands_in_one_group():
    offered = {value for value, _label in kinds.choices()}
    shown = [family for group in kinds.grouped([]) for family in group["families"]]
    drawn = {family["name"] for family in shown} | {
        kind["name"] for family in shown for kind in family["kinds"]
    }
    assert drawn == offered - {"*"} and len(shown) == len({family["name"] for family in shown})
    assert kinds.tidied(["points.*", "points.earned", "member.joined"]) == ["points.*", "member.joined"]
    assert kinds.tidied(["*", "points.*"]) == ["*"]


def test_a_new_secret_is_shown_once_and_the_old_one_signs_on(lunas: Luna, owner: Client):
    _answer, public = added(owner, lunas, "https://shop.example/hook")
    roll = lunas.url(f"connect/webhooks/{public}/roll/")
    assert owner.post(roll, {"overlap": "5"}).status_code == 422
    answer = owner.post(roll, {"overlap": "24", "form_key": "k"})
    assert len(set(SECRET.findall(answer.content.decode()))) == 1 and "no-store" in answer["Cache-Control"]
    with acting_for(lunas.merchant, by=MARA):
        row = Endpoint.objects.get()
        assert row.old_secret and row.old_secret_until > clock.now() + timedelta(hours=23)
    again = owner.post(roll, {"overlap": "24", "form_key": "k"})
    assert again["Location"] == lunas.url(f"connect/webhooks/{public}/")
    with acting_for(lunas.merchant, by=MARA):
        assert Endpoint.objects.get().secret == row.secret


@pytest.mark.parametrize("role", ["manager", "cashier", "analyst"])
def test_only_owners_connect(lunas: Luna, owner: Client, role: str):
    _answer, public = added(owner, lunas, "https://shop.example/hook")
    browser = browser_of(lunas, role)
    paths = ["quickstart/", "webhooks/", "webhooks/new/", f"webhooks/{public}/", f"webhooks/{public}/edit/"]
    assert {browser.get(lunas.url(f"connect/{path}")).status_code for path in paths} == {403}
    assert browser.post(lunas.url(f"connect/webhooks/{public}/test/")).status_code == 403
    with acting_for(lunas.merchant, by=MARA):
        assert not Delivery.objects.exists()


# --- keys ---------------------------------------------------------------------------------------------------


def test_a_key_that_ends_says_so_and_is_over_then(lunas: Luna, owner: Client):
    owner.post(lunas.url("connect/new/"), {"name": "Till", "scopes": ["orders:write"], "lasts": "30"})
    with acting_for(lunas.merchant, by=MARA):
        key = ApiKey.objects.get()
        assert timedelta(days=29) < key.expires_at - clock.now() < timedelta(days=31)
        ApiKey.objects.update(expires_at=clock.now())
    page = owner.get(lunas.url("connect/")).content.decode()
    assert "Over" in page and f"{key.pk}/roll/" not in page
    assert owner.get(lunas.url(f"connect/{key.pk}/roll/")).status_code == 404
    bad = owner.post(lunas.url("connect/new/"), {"name": "Till", "scopes": ["orders:write"], "lasts": "31"})
    assert bad.status_code == 422


def test_a_replaced_key_works_beside_the_new_one_until_its_time_is_up(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        old, secret = create_api_key(name="Till", scopes=["events:read"], at=clock.now())
    roll = lunas.url(f"connect/{old.pk}/roll/")
    assert "goes on working" in owner.get(roll).content.decode()
    page = owner.post(roll, {"overlap": "24", "form_key": "k"})
    (new,) = set(re.findall(r"lk_live_\w{8}_\w{49}", page.content.decode()))
    assert [Caller(one).get("events").status_code for one in (secret, new)] == [200, 200]
    with acting_for(lunas.merchant, by=MARA):
        ends = ApiKey.objects.get(pk=old.pk).expires_at
        assert timedelta(hours=23) < ends - clock.now() <= timedelta(hours=24)
        made = ApiKey.objects.exclude(pk=old.pk).get()
        assert (made.name, made.scopes, made.expires_at) == ("Till", ["events:read"], None)


# --- quickstart ---------------------------------------------------------------------------------------------


def states(answer) -> dict[str, bool]:
    return {step["id"]: bool(step["seen"]) for step in answer.context["steps"]}


def test_each_step_turns_green_when_the_call_was_seen(lunas: Luna, owner: Client, receiver: Receiver):
    url = lunas.url("connect/quickstart/")
    call = Caller(key_for(lunas.merchant))
    page = owner.get(url)
    assert states(page) == {"member": False, "order": False, "balance": False, "webhook": False}
    assert owner.get(f"{url}?seen=", headers=HTMX).status_code == 204, "nothing new"
    code = {step["id"]: {one["lang"]: one["text"] for one in step["code"]} for step in page.context["steps"]}
    member = call.post("members", {"external_id": "quickstart-member-1"}).json()["id"]
    part = owner.get(f"{url}?seen=", headers=HTMX)
    assert part.status_code == 200 and b"<html" not in part.content and states(part)["member"]
    assert member in part.content.decode() and member not in code["balance"]["curl"]
    assert owner.get(f"{url}?seen=member", headers=HTMX).status_code == 204
    call.get(f"members/{member}/balances")
    order = {"external_id": "o", "currency": "SEK", "placed_at": AT.isoformat(),
             "member": {"id": member}, "lines": [{"sku": "x", "amount_minor": 100}]}  # fmt: skip
    call.post("orders", order)
    added(owner, lunas, receiver.url)
    with acting_for(lunas.merchant, by=MARA):
        operations.send_test(endpoint=queries.endpoints()[0].pk, at=clock.now())
    go_out()
    done = owner.get(url)
    assert all(states(done).values()) and b"every 3s" not in done.content


def test_the_printed_calls_say_what_the_api_takes(lunas: Luna, owner: Client):
    """What the curl lines send is sent, byte for byte, and taken."""
    call = Caller(key_for(lunas.merchant))
    steps = {
        step["id"]: step["code"][0]["text"]
        for step in owner.get(lunas.url("connect/quickstart/")).context["steps"]
    }
    for name, status in (("member", 201), ("order", 201)):
        body = re.search(r"-d '(.*)'", steps[name], re.DOTALL)[1].encode()
        path = re.search(r"http://testserver(/api/v1/[^\"]+)", steps[name])[1]
        assert call("POST", path, raw=body, key="printed-" + name).status_code == status
    steps = {
        step["id"]: step["code"][0]["text"]
        for step in owner.get(lunas.url("connect/quickstart/")).context["steps"]
    }
    path = re.search(r"http://testserver(/api/v1/[^\"]+)", steps["balance"])[1]
    assert call.get(path).json()["balances"][0]["available"] == 42


def test_every_language_is_written_as_it_is_read(tmp_path: Path):
    """Python compiles, JavaScript is understood by Node; each names its own key and never a secret."""
    call = snippets.Call("POST", "https://x.example/api/v1/orders", {"a": {"b": [1, "it's"]}}, "k-1")
    written = {one["lang"]: one["text"] for one in snippets.in_all(call, "Send an order")}
    compile(written["python"], "python", "exec")
    assert "'it\\'s'" in written["php"] and '"Idempotency-Key": "k-1"' in written["js"]
    assert all("LOYALTY_KEY" in text for text in written.values())
    node = shutil.which("node") or missing("no Node to read JavaScript with")
    for name, text in (("call.mjs", written["js"]), ("verify.js", snippets.verification()[3]["text"])):
        (tmp_path / name).write_text(text)
        assert subprocess.run([node, "--check", str(tmp_path / name)], check=False).returncode == 0


# --- how to verify ------------------------------------------------------------------------------------------


def message(secret: str, *, age: int = 0) -> tuple[dict[str, str], bytes]:
    body = '{"kind": "points.earned", "name": "Åsa"}'.encode()
    at = clock.now() - timedelta(seconds=age)
    return signing.headers([signing.new_secret(), secret], name="evt_7", at=at, body=body), body


CASES = [
    ("good", True),
    ("another body", False),
    ("another secret", False),
    ("old", False),
    ("nonsense", False),
]


def case(name: str) -> tuple[dict[str, str], bytes, str]:
    secret = signing.new_secret()
    headers, body = message(secret, age=400 if name == "old" else 0)
    if name == "another body":
        body += b" "
    if name == "another secret":
        secret = signing.new_secret()
    if name == "nonsense":
        headers["webhook-signature"] = "v1, v1a,xx v2," + "A" * 44
    return headers, body, secret


@pytest.mark.parametrize(("name", "ours"), CASES)
def test_the_python_that_is_printed_tells_ours_from_others(name: str, ours: bool):
    space: dict = {}
    exec(snippets.verification()[1]["text"], space)  # noqa: S102 - what people copy
    headers, body, secret = case(name)
    assert space["is_ours"](headers, body, secret) is ours


@pytest.mark.parametrize(("name", "ours"), CASES)
def test_the_javascript_that_is_printed_tells_ours_from_others(tmp_path: Path, name: str, ours: bool):
    import json

    node = shutil.which("node") or missing("no Node to run JavaScript with")
    headers, body, secret = case(name)
    script = snippets.verification()[3]["text"]
    script += f"\nconsole.log(isOurs({json.dumps(headers)}, Buffer.from({json.dumps(body.decode())}), {json.dumps(secret)}));"
    (tmp_path / "verify.js").write_text(script)
    said = subprocess.run([node, str(tmp_path / "verify.js")], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(ours).lower()


@pytest.mark.parametrize(("name", "ours"), [one for one in CASES if one[0] != "old"])
def test_the_shell_that_is_printed_tells_ours_from_others(tmp_path: Path, name: str, ours: bool):
    for program in ("bash", "openssl", "od"):
        shutil.which(program) or missing(f"no {program}")
    headers, body, secret = case(name)
    (tmp_path / "body.json").write_bytes(body)
    said = subprocess.run(
        ["bash", "-c", snippets.verification()[0]["text"]], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PATH": "/usr/bin:/bin", "SECRET": secret, "ID": headers["webhook-id"],
             "SENT_AT": headers["webhook-timestamp"], "SIGNATURE": headers["webhook-signature"]},
    )  # fmt: skip
    assert said.stdout.strip() == ("ours" if ours else "not ours")
