"""The programme: from the first rule to a version that counts, what changes in words, going back, and files."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from loyalty.core.programme import operations, queries
from loyalty.core.programme.models import Version
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, buy, order, shop
from tests.web.office.conftest import Luna

GOOD = {"points": "2", "per": "10", "rounding": "down", "at_least": "", "hold": "none", "expiry": "rolling",
        "months": "18", "on_shortfall": "to_zero"}  # fmt: skip
HTMX = {"HX-Request": "true"}


def save(owner: Client, luna: Luna, **sent: str):
    """Send the form of the basic rule."""
    return owner.post(luna.url("programme/rule/"), {**GOOD, **sent})


def test_from_a_draft_to_points(lunas: Luna, owner: Client):
    saved = save(owner, lunas)
    assert saved["Location"] == lunas.url("programme/draft/")
    with acting_for(lunas.merchant, by=MARA):
        assert queries.in_force().number == 1
        assert buy(lunas.ben, 100).points == 100
    draft = owner.get(lunas.url("programme/draft/"))
    told = {change["label"]: (change["before"], change["after"]) for change in draft.context["changes"]}
    assert told["Points given"] == ("1", "2")
    assert told["For every"] == ("SEK\xa01.00", "SEK\xa010.00")
    assert told["When points expire"] == ("Never", "Some months after they count")
    assert draft.context["affected"] == 2
    published = owner.post(lunas.url("programme/publish/"), {"note": "Simpler"}, follow=True)
    assert "Version 2 counts from now on" in published.content.decode()
    with acting_for(lunas.merchant, by=MARA):
        assert queries.in_force().number == 2
        assert buy(lunas.ben, 100).points == 20


def test_history_shows_every_version_and_goes_back(lunas: Luna, owner: Client):
    save(owner, lunas)
    owner.post(lunas.url("programme/publish/"), {"note": "Simpler"})
    history = owner.get(lunas.url("programme/history/")).content.decode()
    assert "Version 2" in history and "Simpler" in history and "Owner of Café Luna" in history
    second = owner.get(lunas.url("programme/history/2/"))
    assert ("1", "2") in [(change["before"], change["after"]) for change in second.context["changes"]]
    owner.post(lunas.url("programme/history/1/back/"))
    with acting_for(lunas.merchant, by=MARA):
        assert queries.in_force().number == 3
        assert queries.numbered(3).document == queries.numbered(1).document


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"points": "0"}, "points"), ({"points": "x"}, "points"), ({"per": "0"}, "per"), ({"per": "1.234"}, "per"),
     ({"per": "-1"}, "per"), ({"per": "1e99"}, "per"), ({"per": "NaN"}, "per"), ({"per": "9" * 40}, "per"),
     ({"rounding": "sideways"}, "rounding"), ({"at_least": "-1"}, "at_least"), ({"hold": "days"}, "hold_days"),
     ({"hold": "days", "hold_days": "367"}, "hold_days"), ({"hold": "event"}, "hold_event"), ({"months": ""}, "months"),
     ({"expiry": "fixed_date", "day": "02-30"}, "day"), ({"expiry": "fixed_date", "day": "x"}, "day"),
     ({"expiry": "sliding", "days": "0"}, "days"), ({"on_shortfall": ""}, "on_shortfall")],
)  # fmt: skip
def test_a_bad_rule_comes_back_with_what_was_typed(
    lunas: Luna, owner: Client, sent: dict[str, str], field: str
):
    answer = save(owner, lunas, **sent)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert answer.context["form"]["months"].value() == sent.get("months", "18")
    with acting_for(lunas.merchant, by=MARA):
        assert queries.draft() is None


def test_amounts_are_read_the_way_people_write_them(lunas: Luna, owner: Client):
    save(owner, lunas, per="12,50", at_least="1 000")
    with acting_for(lunas.merchant, by=MARA):
        rule = queries.draft().document["earning"]["rules"][0]
    assert (rule["per_minor"], rule["at_least_minor"]) == (1250, 100_000)


def test_saving_keeps_what_the_form_does_not_know(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        before = queries.numbered(1).document
    save(owner, lunas)
    with acting_for(lunas.merchant, by=MARA):
        after = queries.draft().document
    assert after["identity"] == before["identity"] == {**before["identity"], "name": {"en": "Luna Club"}}
    assert after["earning"]["rules"][0]["id"] == before["earning"]["rules"][0]["id"]


def test_the_form_saved_unchanged_changes_nothing(lunas: Luna, owner: Client):
    form = owner.get(lunas.url("programme/rule/")).context["form"]
    owner.post(
        lunas.url("programme/rule/"),
        {name: field.value() or "" for name, field in ((f.name, f) for f in form)},
    )
    assert owner.get(lunas.url("programme/draft/")).context["changes"] == []
    refused = owner.post(lunas.url("programme/publish/"))
    assert refused.status_code == 422 and "says the same" in refused.content.decode()


def test_the_preview_works_on_a_real_purchase_and_writes_nothing(lunas: Luna, owner: Client):
    asked = owner.get(lunas.url("programme/rule/"), GOOD, headers=HTMX)
    worked = asked.context["preview"]["worked"]
    # 350 kr paid, of which 150 earn: 2 points per 10 kr are 30; the coffee costs 7 kr for 100 points.
    assert (worked.basket.total_minor, worked.points, worked.cost_minor) == (35_000, 30, 210)
    assert (
        worked.back == worked.cost_minor / worked.basket.total_minor or round(float(worked.back), 6) == 0.006
    )
    assert b"0.6%" in asked.content and b"<html" not in asked.content
    assert (
        owner.get(lunas.url("programme/rule/"), {**GOOD, "per": "x"}, headers=HTMX).context["preview"] is None
    )
    with acting_for(lunas.merchant, by=MARA):
        assert queries.draft() is None


def test_what_counts_is_said_in_plain_words(lunas: Luna, owner: Client):
    page = owner.get(lunas.url("programme/")).content.decode().replace("\xa0", " ")
    for sentence in ("1 point for every SEK 1.00 spent.", "What counts: products.", "Points never expire.",
                     "New points can be spent at once."):  # fmt: skip
        assert sentence in page


def changed(owner: Client, luna: Luna, **earning: object) -> dict[tuple[str, str], tuple[str, str]]:
    """What a draft with other rules changes: (place, label) → (before, after)."""
    with acting_for(luna.merchant, by=MARA):
        operations.save_draft(content={**queries.numbered(1).document, "earning": earning}, at=AT)
    rows = owner.get(luna.url("programme/draft/")).context["changes"]
    return {
        (row["place"], row["label"]): (row["before"].replace("\xa0", " "), row["after"].replace("\xa0", " "))
        for row in rows
    }


def test_conditions_caps_and_new_rules_are_compared_in_words(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        (base,) = queries.numbered(1).document["earning"]["rules"]
    monday = {"type": "hours", "days": ["mon"], "from": "08:00", "until": "10:00"}
    limited = {**base, "when": [monday, {"type": "order_number", "number": 1}],
               "limits": {"per": [{"period": "day", "times": 1}]}}  # fmt: skip
    stamp = {"type": "fixed", "id": "stamp", "amount": 1, "unit": "stamps", "group": "g"}
    step = {"type": "threshold", "id": "step", "steps": [{"at_least_minor": 5000, "amount": 10}]}
    found = changed(owner, lunas, rules=[limited, stamp, step], groups=[{"id": "g", "mode": "best"}],
                    budgets=[{"id": "spring", "units": 100}])  # fmt: skip
    place = f"Earning rule “{base['id']}”"
    assert found[place, "Conditions"] == ("–", "on Monday from 08:00 to 10:00; on the first purchase")
    assert found[place, "At most in a time"] == ("–", "at most once a day")
    assert ("–", "1 stamp for a purchase.") in found.values()
    assert ("–", "10 points from SEK 50.00 on.") in found.values()


def test_a_version_of_before_there_were_conditions_is_no_change(lunas: Luna, owner: Client):
    """What was published stays as it was written; it is compared as it is decided by."""
    with acting_for(lunas.merchant, by=MARA):
        document = queries.numbered(1).document
        old = {
            name: value for name, value in document["earning"].items() if name not in ("groups", "budgets")
        }
        new_fields = ("when", "limits", "group", "priority", "unit")
        old["rules"] = [{k: v for k, v in rule.items() if k not in new_fields} for rule in old["rules"]]
        operations.save_draft(content={**document, "points_life": {"months": 7}}, at=AT)
        Version.objects.filter(number=None).update(
            document={**document, "earning": old, "points_life": {"months": 7}}
        )
        operations.publish(at=AT)
        assert "when" not in queries.numbered(2).document["earning"]["rules"][0]
        operations.save_draft(content=queries.numbered(2).document, at=AT)
    page = owner.get(lunas.url("programme/draft/"))
    assert page.context["changes"] == []
    refused = owner.post(lunas.url("programme/publish/"))
    assert refused.status_code == 422 and "says the same" in refused.content.decode()


def test_a_rule_that_could_not_be_carried_out_is_drafted_and_not_published(lunas: Luna, owner: Client):
    assert changed(owner, lunas, rules=[{"type": "issue_reward", "id": "a", "reward": "unicorn"}])
    refused = owner.post(lunas.url("programme/publish/"))
    assert refused.status_code == 422
    assert "There is no reward “unicorn” in the catalogue" in refused.content.decode()
    with acting_for(lunas.merchant, by=MARA):
        assert queries.in_force().number == 1


def test_publishing_without_a_draft_is_refused(lunas: Luna, owner: Client):
    assert owner.post(lunas.url("programme/publish/")).status_code == 422


def test_a_draft_can_be_thrown_away(lunas: Luna, owner: Client):
    save(owner, lunas)
    owner.post(lunas.url("programme/discard/"))
    with acting_for(lunas.merchant, by=MARA):
        assert (queries.draft(), queries.in_force().number) == (None, 1)


def uploaded(content: bytes) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("programme.json", content)}


def test_a_programme_travels_as_a_file(lunas: Luna, owner: Client):
    file = owner.get(lunas.url("programme/history/1/export.json")).content
    changed = file.replace(b'"points": 1,', b'"points": 7,')
    assert changed != file
    answer = owner.post(lunas.url("programme/import/"), uploaded(changed))
    assert answer["Location"] == lunas.url("programme/draft/")
    with acting_for(lunas.merchant, by=MARA):
        assert queries.draft().document["earning"]["rules"][0]["points"] == 7


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"no json", b"[]", b'{"earning": {"rules": 3}}', b'{"nothing": 1}', b"[" * 100_000,
     b'{"earning": {"rules": [{"type": "points_per_amount", "id": "a", "points": 0, "per_minor": 1}]}}', b" " * 1_000_001],
    ids=lambda content: repr(content[:30]),
)  # fmt: skip
def test_a_file_that_is_no_programme_changes_nothing(lunas: Luna, owner: Client, content: bytes):
    answer = owner.post(lunas.url("programme/import/"), uploaded(content))
    assert answer.status_code == 422 and answer.context["import_form"].errors
    with acting_for(lunas.merchant, by=MARA):
        assert queries.draft() is None


def test_a_new_shop_gets_from_nothing_to_counting(db: None, client: Client, django_user_model):
    from loyalty.core.merchants.operations import add_staff
    from loyalty.core.merchants.roles import Role

    merchant = shop("fresh", name="Fresh")
    with acting_for(merchant, by=MARA):
        add_staff(email="me@fresh.example", role=Role.OWNER, at=AT)
    client.force_login(django_user_model.objects.get(email="me@fresh.example"))
    for path in ("", "members/", "orders/", "rewards/", "rewards/?show=retired", "programme/", "programme/draft/",
                 "programme/history/", "connect/", "audit/", "audit/?topic=order", "books/?check=1"):  # fmt: skip
        page = client.get(f"/m/fresh/{path}")
        assert page.status_code == 200
        assert path in ("", "audit/", "books/?check=1") or b'class="empty"' in page.content
    client.post("/m/fresh/programme/rule/", GOOD)
    client.post("/m/fresh/programme/publish/")
    with acting_for(merchant, by=MARA):
        assert json.dumps(queries.in_force().programme.document()["points_life"]["months"]) == "18"
        assert order(None, 10).lines[0].amount_minor == 1000
