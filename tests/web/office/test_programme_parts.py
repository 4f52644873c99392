"""The programme's tabs through the browser's eyes: from a rule without JSON to a ladder that is published and taken back."""

import pytest
from django.test import Client

from loyalty.core.ledger.checks import verify
from loyalty.core.programme import operations, queries
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.office.editor.areas import AREAS
from members.models import TierReview, TierStanding
from members.operations import tier_publishing
from members.operations.products import save_product
from members.rules.products import ProductChange
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days
from tests.web.office.conftest import Luna, browser_of

BONUS = {"amount": "50", "unit": "points", "for_each": "order", "name": "Morning", "when.count": "1",
         "when.0.type": "hours", "when.0.from": "08:00", "when.0.until": "10:00"}  # fmt: skip
HTMX = {"HX-Request": "true"}


def url(luna: Luna, path: str) -> str:
    return luna.url(f"programme/{path}")


def draft(luna: Luna) -> dict:
    with acting_for(luna.merchant, by=MARA):
        row = queries.draft()
        return dict(row.document) if row else {}


def test_every_tab_says_what_there_is_and_what_to_do(lunas: Luna, owner: Client):
    for area in AREAS:
        page = owner.get(url(lunas, f"{area.name}/"))
        assert page.status_code == 200
        for many in area.lists:
            assert owner.get(url(lunas, f"{area.name}/{many.name}/new/")).status_code == 200
        for terms in area.terms:
            assert owner.get(url(lunas, f"{area.name}/{terms.name}/")).status_code == 200
    assert owner.get(url(lunas, "nonsense/")).status_code == 404
    assert owner.get(url(lunas, "earning/nonsense/")).status_code == 404
    assert owner.get(url(lunas, "earning/rules/nobody/")).status_code == 404


def test_an_analyst_reads_and_changes_nothing(lunas: Luna):
    analyst = browser_of(lunas, "analyst")
    assert analyst.get(url(lunas, "earning/")).status_code == 200
    assert analyst.get(url(lunas, "earning/rules/new/?type=fixed")).status_code == 403
    assert analyst.post(url(lunas, "earning/rules/base/delete/")).status_code == 403
    assert draft(lunas) == {}


def test_a_rule_is_written_copied_switched_off_taken_out_and_put_back(lunas: Luna, owner: Client):
    saved = owner.post(url(lunas, "earning/rules/new/?type=fixed"), BONUS)
    assert saved["Location"] == url(lunas, "earning/")
    rule = draft(lunas)["earning"]["rules"][1]
    assert (rule["id"], rule["amount"], rule["when"][0]["from"]) == ("morning", 50, "08:00")
    with acting_for(lunas.merchant, by=MARA):
        assert queries.in_force().number == 1, "nothing counts before it is published"
    owner.post(url(lunas, "earning/rules/morning/copy/"))
    assert [(one["id"], one["off"]) for one in draft(lunas)["earning"]["rules"]] == [
        ("base", False), ("morning", False), ("morning-2", True),
    ]  # fmt: skip
    owner.post(url(lunas, "earning/rules/morning/off/"))
    assert "switched off" in owner.get(url(lunas, "earning/")).content.decode()
    owner.post(url(lunas, "earning/rules/morning/on/"))
    before = draft(lunas)["earning"]["rules"][1]
    owner.post(url(lunas, "earning/rules/morning/delete/"))
    assert [one["id"] for one in draft(lunas)["earning"]["rules"]] == ["base", "morning-2"]
    owner.post(url(lunas, "earning/rules/morning/restore/"))
    assert before in draft(lunas)["earning"]["rules"]
    owner.post(url(lunas, "earning/rules/base/delete/"))
    assert "Taken out in the draft" in owner.get(url(lunas, "earning/")).content.decode()
    owner.post(url(lunas, "earning/rules/base/restore/"))
    assert any(one["id"] == "base" for one in draft(lunas)["earning"]["rules"])


def test_a_rule_that_is_off_gives_nothing_and_says_so_to_staff_only(lunas: Luna, owner: Client):
    owner.post(url(lunas, "earning/rules/base/off/"))
    owner.post(url(lunas, "earning/rules/new/?type=fixed"), {**BONUS, "when.count": "0"})
    owner.post(lunas.url("programme/publish/"))
    with acting_for(lunas.merchant, by=MARA):
        found = buy(lunas.ben, 100)
        assert found.points == 50
        assert [one.code for one in found.decision.reasons] == ["switched_off", "fixed"]
        assert verify() == []
    assert (
        "SEK 1"
        not in owner.get(url(lunas, "how/?lang=en"))
        .content.decode()
        .replace("\xa0", " ")
        .split("<article")[1]
    )


def test_conditions_come_and_go_without_a_script(lunas: Luna, owner: Client):
    asked = owner.post(url(lunas, "earning/rules/new/?type=fixed"), {**BONUS, "_do": "add when order_amount"})
    page = asked.content.decode()
    assert asked.status_code == 200 and "<html" in page
    assert 'name="when.count" value="2"' in page and 'name="when.1.at_least_minor"' in page
    assert 'value="Morning"' in page and draft(lunas) == {}
    part = owner.post(
        url(lunas, "earning/rules/new/?type=fixed"), {**BONUS, "_do": "remove when 0"}, headers=HTMX
    )
    assert 'name="when.count" value="0"' in part.content.decode() and b"<html" not in part.content


def test_the_preview_says_what_is_typed_on_a_real_purchase_and_writes_nothing(lunas: Luna, owner: Client):
    sent = {**BONUS, "when.count": "0", "_do": "preview"}
    found = owner.post(url(lunas, "earning/rules/new/?type=fixed"), sent, headers=HTMX).context["preview"]
    assert found["worked"].points == 200  # the middle purchase earns 150, and the bonus
    assert found["members"] == "Morning: 50\xa0points for a purchase."
    wrong = owner.post(url(lunas, "earning/rules/new/?type=fixed"), {**sent, "amount": "x"}, headers=HTMX)
    assert wrong.status_code == 200 and wrong.context["preview"] is None
    assert draft(lunas) == {}


def test_goods_that_no_product_has_are_doubted_with_what_may_be_meant(lunas: Luna, owner: Client):
    coffee = {
        "factor": "2",
        "unit": "points",
        "rounding": "down",
        "only.categories": "cofee, tea",
        "only.tags": "zyx",
    }
    page = url(lunas, "earning/rules/new/?type=multiplier")
    assert (
        "None of your products"
        not in owner.post(page, {**coffee, "_do": "preview"}, headers=HTMX).content.decode()
    )
    with acting_for(lunas.merchant, by=MARA):
        save_product(product=ProductChange("l1", category="Coffee"), at=AT)
        save_product(product=ProductChange("t1", category="tea"), at=AT)
    said = [
        "None of your products has the category “cofee”. Did you mean “Coffee”?",
        "None of your products has the label “zyx”.",
    ]
    previewed = owner.post(page, {**coffee, "_do": "preview"}, headers=HTMX).content.decode()
    assert [previewed.count(f'<p class="banner__text">{line}</p>') for line in said] == [1, 1]
    assert owner.post(page, coffee).status_code == 303, "it is a doubt, and stops nobody"
    shown = owner.get(url(lunas, "earning/")).content.decode()
    assert [shown.count(line) for line in said] == [1, 1]
    assert "“tea”" not in shown


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"amount": "0"}, "amount"), ({"when.0.from": "8"}, "when.0.from"), ({"priority": "5000"}, "priority"),
     ({"limits.per.count": "1", "limits.per.0.period": "day"}, "limits.per.0.times"), ({"unit": "gold"}, "unit")],
)  # fmt: skip
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(lunas: Luna, owner: Client, sent, field):
    answer = owner.post(url(lunas, "earning/rules/new/?type=fixed"), {**BONUS, **sent})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert 'value="Morning"' in answer.content.decode()
    assert draft(lunas) == {}


def with_tiers(luna: Luna, **terms: object) -> None:
    """Silver from 100 kr of which Ana has 350, counted and reviewed."""
    ladder = [{"id": "silver", "at_least": 100_00, "name": {"en": "Silver"}}]
    with acting_for(luna.merchant, by=MARA):
        content = {"earning": {"rules": [ONE_POINT_PER_KRONA]}, "tiers": {"ladder": ladder, "window": "lifetime",
                   "valid": "forever", **terms}}  # fmt: skip
        operations.save_draft(content=content, at=AT + days(2))
        operations.publish(at=AT + days(2))
        tier_publishing.review_published(at=AT + days(2))
        assert [row.member_id for row in TierStanding.objects.all()] == [luna.ana.pk]


def test_a_tier_is_changed_with_its_impact_published_and_rolled_back(lunas: Luna, owner: Client):
    with_tiers(lunas)
    form = owner.get(url(lunas, "tiers/ladder/silver/")).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    saved = owner.post(url(lunas, "tiers/ladder/silver/"), {**sent, "at_least": "1000", "perks.count": "0"})
    assert saved.status_code == 303
    impact = owner.get(url(lunas, "impact/"))
    assert (impact.context["tiers"].up, impact.context["tiers"].down) == (0, 1)
    moves = owner.get(url(lunas, "impact/moves/"))
    assert [(row["name"], row["from"], row["to"]) for row in moves.context["rows"]] == [
        ("Ana Alm", "Silver", "")
    ]
    assert "Ana Alm" in b"".join(owner.get(url(lunas, "impact/moves.csv")).streaming_content).decode()
    with acting_for(lunas.merchant, by=MARA):
        assert TierStanding.objects.count() == 1, "looking moves nobody"
    assert "move_down" in owner.get(lunas.url("programme/draft/")).context["form"].fields
    owner.post(lunas.url("programme/publish/"), {"note": "Dearer", "move_down": "yes"})
    with acting_for(lunas.merchant, by=MARA):
        assert TierReview.objects.filter(finished_at=None).get().move_down
        tier_publishing.review_published(at=AT + days(3))
        assert TierStanding.objects.count() == 0
    back = owner.get(lunas.url("programme/history/2/back/"))
    assert "Let version 2 count again" in back.content.decode()
    assert owner.get(url(lunas, "impact/?version=2")).context["tiers"].up == 1
    owner.post(lunas.url("programme/history/2/back/"))
    with acting_for(lunas.merchant, by=MARA):
        tier_publishing.review_published(at=AT + days(4))
        assert TierStanding.objects.get().tier == "silver"
        assert verify() == []


def test_the_impact_of_earning_is_worked_on_the_last_purchases(lunas: Luna, owner: Client):
    owner.post(url(lunas, "earning/rules/new/?type=fixed"), {**BONUS, "when.count": "0"})
    found = owner.get(url(lunas, "impact/")).context["earning"]
    assert (found.orders, found.before, found.after, found.changed) == (1, 150, 200, 1)
    assert found.differences[0].change == 50


def test_the_impact_on_the_life_of_points_leaves_what_is_there(lunas: Luna, owner: Client):
    sent = {"expiry": "rolling", "months": "6", "days": "365", "day": "12-31", "grace_days": "30",
            "on_shortfall": "to_zero", "hold_days": "14"}  # fmt: skip
    assert owner.post(url(lunas, "life/terms/"), sent).status_code == 303
    life = owner.get(url(lunas, "impact/")).context["life"]
    assert (life.members, life.points, life.ends_before, life.counts_before) == (1, 150, None, None)
    assert life.ends_after > life.counts_after


def test_how_it_works_is_told_in_every_language(lunas: Luna, owner: Client):
    with_tiers(lunas)
    english = owner.get(url(lunas, "how/?lang=en")).context
    assert any(
        "Silver: from SEK 100 in all." in line.replace("\xa0", " ")
        for way in english["ways"]
        for line in way.sentences
    )
    for language in ("sv", "nb", "nl"):
        page = owner.get(url(lunas, f"how/?lang={language}"))
        assert f'lang="{language}"' in page.content.decode()


def test_staff_give_a_tier_by_hand_with_a_reason_and_an_end(lunas: Luna, owner: Client):
    with_tiers(lunas)
    day = "2030-01-31"
    sent = {"tier": "silver", "last_day": day, "reason": "Ambassador"}
    refused = owner.post(lunas.member(lunas.ben, "tier/give/"), {**sent, "reason": ""})
    assert refused.status_code == 422
    assert owner.post(lunas.member(lunas.ben, "tier/give/"), sent).status_code == 303
    page = owner.get(lunas.member(lunas.ben)).content.decode()
    assert "given by hand" in page and "Ambassador" in page and "Owner of Café Luna" in page
    owner.post(lunas.member(lunas.ben, "tier/end/"), {"reason": "Wrong person"})
    with acting_for(lunas.merchant, by=MARA):
        assert not TierStanding.objects.filter(member=lunas.ben).exists()
        assert verify() == []
