"""A shop full of things that nobody else may see, and how to notice when somebody sees or changes them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from PIL import Image

from analytics.operations.filling import note_changes, refill, sum_batch
from campaigns.models import Message, SegmentLook
from campaigns.operations.campaigning.writing import set_policy, write_campaign
from campaigns.operations.drawing import open_draw
from campaigns.operations.newsletters import write_newsletter
from campaigns.operations.planning import New, plan
from campaigns.operations.preferences import choose
from campaigns.operations.rehearsing import start_rehearsal
from campaigns.operations.segments.refreshing import work_out_scale
from campaigns.operations.segments.shaping import create_segment
from campaigns.operations.shaping import set_hours, shape_kind
from campaigns.operations.suppressing import suppress
from campaigns.rules.campaigning import CampaignContent
from loyalty.connectors.wallets import operations as wallets
from loyalty.core import clock, ids
from loyalty.core.api.models import Sighting
from loyalty.core.jobs.tasks import run_waiting
from loyalty.core.ledger.queries import lots, transfers
from loyalty.core.merchants.inviting import invite_staff
from loyalty.core.merchants.models import ApiKey, Merchant
from loyalty.core.merchants.operations import add_staff, create_api_key
from loyalty.core.merchants.roles import SCOPES, Role
from loyalty.core.merchants.shaping import open_location
from loyalty.core.pictures.operations import keep_drawing
from loyalty.core.programme import operations as programmes
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.core.tills.models import Action
from loyalty.core.tills.operations import Deed, Name, add_till, note_action, set_pin
from loyalty.core.webhooks.operations import add_endpoint, send_test
from loyalty.core.widget.operations import allow_site, make_secret, use_token
from loyalty.core.widget.tokens import Shopper
from loyalty.exchange.operations import ask_for_export, begin_import, check_import, run_import
from loyalty.setup.operations import put_away
from members.models import Member, Referral, Refund
from members.operations.activities import record_activity
from members.operations.adding import note_added
from members.operations.allowances import set_limits
from members.operations.approvals import ask_adjustment
from members.operations.card_links import accept_code, make_code, unlink
from members.operations.households import invite, open_household
from members.operations.inviting import Invitation, code_of, count_click
from members.operations.membership import join, verify
from members.operations.membership_payments import receive_payment
from members.operations.paid_memberships import start_membership
from members.operations.partnerships import Worth, accept_partnership, propose_partnership
from members.operations.perks import OrderName, claim_perk
from members.operations.points import adjust_points
from members.operations.preferences import answer_question
from members.operations.refunds import refund_order
from members.operations.transfers import give_points
from members.rules.adjusting import Limit, Limits
from members.rules.doing import NewActivity, Product
from members.rules.shopping import MemberRef, NewRefund
from rewards.models import Fulfilment, Voucher
from rewards.operations.catalogue import create_reward
from rewards.operations.places import book_place, open_session
from rewards.operations.pools import import_codes
from rewards.operations.redemption import reserve_reward
from tests.campaigns.automations.hand import furnished_automation
from tests.campaigns.surveys.asking import unhappy
from tests.cast import AT, ENGRAVING, ONE_POINT_PER_KRONA, buy, days, publish, shop
from tests.isolation.compared import compared
from tests.isolation.foretelling import foretold
from tests.isolation.games import furnish_games
from tests.isolation.shelving import shelved
from tests.wallets import papers


@dataclass
class Shop:
    """A merchant; the public ids of its things by kind; its people's accounts and its API keys by name."""

    merchant: Merchant
    ids: dict[str, str] = field(default_factory=dict)
    users: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)


def furnished(slug: str, *, secret: str) -> Shop:
    """A shop with one of everything. `secret` is part of each word that outsiders must never read."""
    made = Shop(shop(slug, name=slug.title()))
    made.ids["slug"] = slug
    with acting_for(made.merchant, by=Actor("staff", f"owner-of-{slug}", "owner")):
        _programme(made, secret)
        _staff(made, secret)
        ana = _person(made, "ana", secret)
        _person(made, "ben", f"plain-{slug}")
        _trade(made, ana, secret)
        cleo = _person(made, "cleo", f"plain-{slug}")
        _share(made, ana, cleo)
        answer_question(member=ana.pk, question="roast", chosen=["dark"], at=AT)
        _friend(made, ana, secret)
        _by_hand(made, ana, secret)
        _join_forces(made, cleo, ana)
        _till(made, ana, secret)
        _keys(made, secret)
        _hooks(made, secret)
        _widget(made)
        _exchange(made, secret)
        _messages(made, ana, secret)
        _wallets(made, ana, secret)
        _segments(made, ana, secret)
        _rehearse(made)
        made.ids["experiment"] = compared(ana, secret)
        made.ids |= unhappy(ana, secret)
        made.ids |= shelved(secret)
        made.ids |= furnished_automation(ana, secret=secret)
        made.ids |= furnish_games(ana)
        _campaign(made, secret)
        _figures()
        made.ids |= foretold(ana)
        put_away(hidden=False, at=AT)
    return made


PLANS = {"plans": [{"id": "plus", "price_minor": 29_900}]}
QUESTIONS = {"questions": [{"id": "roast", "name": {"en": "Which roast?"},
                            "options": [{"id": "dark", "name": {"en": "Dark"}}]}]}  # fmt: skip
SHARING = {"transfers": {"on": True}, "household": {"on": True}}


def _programme(made: Shop, secret: str) -> None:
    publish(
        sharing=SHARING, tiers=ENGRAVING, membership_plans=PLANS, referrals={"on": True}, questions=QUESTIONS
    )
    content = {
        "identity": {"tagline": {"en": f"{secret} draft"}},
        "earning": {"rules": [ONE_POINT_PER_KRONA]},
    }
    programmes.save_draft(content=content, at=AT, note=f"{secret} note")


def _staff(made: Shop, secret: str) -> None:
    for role in Role:
        row = add_staff(email=f"{secret}-{role}@example.com", role=role, at=AT, name=f"{secret} {role}")
        made.users[role.value] = row.user
        made.ids["staff"] = str(row.pk)
    invited, _token = invite_staff(email=f"{secret}-new@example.com", role=Role.CASHIER, at=AT)
    made.ids["invitation"] = str(invited.pk)
    made.ids["place"] = str(open_location(code="branch", name=f"{secret} branch", at=AT).pk)
    keep_drawing(drawing=Image.new("RGB", (8, 8)), at=AT)


def _person(made: Shop, name: str, secret: str) -> Member:
    identities = {"external": f"{secret}-{name}", "email": f"{secret}-{name}@example.com"}
    details = {"given_name": f"{secret}given", "family_name": f"{secret}family"}
    member = join(at=AT, identities=identities, details=details).member
    user = get_user_model().objects.create_user(identities["email"])
    verify(member=member.pk, kind="email", value=identities["email"], at=AT, user=user.pk)
    made.users[name] = user
    made.ids.setdefault("member", ids.encode("mbr", member.pk))
    return member


def _trade(made: Shop, member: Member, secret: str) -> None:
    order = buy(member, 500, external_id=f"{secret}-order")
    adjust_points(member=member.pk, amount=5, reason=f"{secret} reason", at=AT, key="sweep")
    refund = NewRefund(external_id=f"{secret}-refund", amount_minor=100, refunded_at=AT)
    refund_order(source="api", order_external_id=f"{secret}-order", refund=refund, at=AT)
    doing = NewActivity(f"{secret}-review", "review", AT, MemberRef(id=ids.encode("mbr", member.pk)),
                        properties={"text": f"{secret} words"}, product=Product(f"{secret}-sku"))  # fmt: skip
    done = record_activity(activity=doing, at=AT)
    details = {"kind": "custom", "name": {"en": "Cup"}, "cost_points": 10}
    reward = create_reward(at=AT, details=details)
    held = reserve_reward(member=member.pk, reward=reward.pk, key="sweep", at=AT, hold=days(1))
    asked = claim_perk(member=member.pk, perk="engraving", order=OrderName(f"{secret}-order"), key="sweep",
                       note=f"{secret} initials", at=AT)  # fmt: skip
    made.ids |= _event(member, secret)
    movement, lot = transfers(member.pk).first(), lots(member.pk).first()
    assert order.order
    assert done.activity
    assert movement
    assert lot
    made.ids |= {
        "order": ids.encode("ord", order.order),
        "activity": ids.encode("act", done.activity),
        "claim": ids.encode("clm", asked.claim.pk),
        "external": f"{secret}-ana",
        "order_external": f"{secret}-order",
        "refund": ids.encode("rfd", Refund.objects.get().pk),
        "reward": ids.encode("rwd", reward.pk),
        "redemption": ids.encode("rdm", held.pk),
        "transfer": ids.encode("trf", movement.pk),
        "lot": ids.encode("lot", lot.pk),
        "voucher": Voucher.objects.get(redemption=held).code,
    }


def _event(member: Member, secret: str) -> dict[str, str]:
    """A date of a workshop with one place taken, a ticket to send for it, and a pool of codes."""
    details = {
        "kind": "workshop",
        "name": {"en": "Baking"},
        "cost_points": 1,
        "delivery": "shipped",
    }
    workshop = create_reward(at=AT, details=details)
    date = {"starts_at": AT + days(36_000), "capacity": 3, "place": f"{secret} kitchen"}
    session = open_session(reward=workshop.pk, at=AT, details=date)
    booking = book_place(member=member.pk, session=session.pk, key="sweep-place", at=AT)
    pool = create_reward(at=AT, details={"kind": "coupon", "name": {"en": "Codes"}, "cost_points": 1})
    import_codes(reward=pool.pk, codes=[f"{secret}-0001"], at=AT)
    return {
        "session": ids.encode("ssn", session.pk),
        "booking": ids.encode("bkg", booking.pk),
        "fulfilment": ids.encode("ful", Fulfilment.objects.get().pk),
    }


def _share(made: Shop, one: Member, other: Member) -> None:
    given = give_points(giver=one.pk, receiver=other.pk, amount=7, key="sweep", at=AT)
    household = open_household(member=one.pk, at=AT)
    invite(household=household.pk, by=one.pk, at=AT)
    plan = start_membership(member=one.pk, plan="plus", key="sweep", at=AT).membership
    receive_payment(membership=plan.pk, amount_minor=29_900, key=f"api:{made.ids['slug']}", paid_at=AT, at=AT)
    made.ids |= {
        "paid_membership": ids.encode("pmb", plan.pk),
        "points_transfer": ids.encode("ptr", given.transfer.pk),
        "household": ids.encode("hhd", household.pk),
    }


def _friend(made: Shop, ana: Member, secret: str) -> None:
    """Somebody Ana brought, who is held for looking like her."""
    code = code_of(member=ana.pk, at=AT)
    count_click(code=code, address=f"{secret} address", agent=f"{secret} agent", at=AT)
    address, name = f"{secret}-ana+again@example.com".lower(), f"{secret}-friend"
    friend = join(at=AT, identities={"email": address, "external": name}, invitation=Invitation(code)).member
    row = Referral.objects.get(friend=friend)
    assert row.status == "held"
    made.ids["referral"] = ids.encode("rfl", row.pk)


def _join_forces(made: Shop, member: Member, another: Member) -> None:
    """A partner, a card linked with one there, something to settle, and a code that waits to be told."""
    partner = shop(f"{made.ids['slug']}-partner", name="Partner")
    worth = Worth("10", "10")
    agreement = propose_partnership(partner=partner.slug, worth=worth, at=AT).pk
    with acting_for(partner, by=Actor("staff", "partner", "owner")):
        publish()
        accept_partnership(agreement=agreement, at=AT)
        friend, other = (join(at=AT, identities={"external": name}).member for name in ("friend", "other"))
        adjust_points(member=friend.pk, amount=100, reason="gift", at=AT)
        code = make_code(member=friend.pk, partner=made.merchant.slug, at=AT).code
    accept_code(member=member.pk, partner=partner.slug, code=code, at=AT)
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 20})
    reserve_reward(member=member.pk, reward=cup.pk, key="sweep-partner", at=AT)
    unlink(member=member.pk, partner=partner.slug, at=AT)
    make_code(member=member.pk, partner=partner.slug, at=AT)
    with acting_for(partner, by=Actor("staff", "partner", "owner")):
        code = make_code(member=other.pk, partner=made.merchant.slug, at=AT).code
    accept_code(member=another.pk, partner=partner.slug, code=code, at=AT)
    made.ids["partnership"] = ids.encode("prt", agreement)


def _by_hand(made: Shop, member: Member, secret: str) -> None:
    """Limits for changes by hand, some of the day's used, and something that waits for a second person."""
    set_limits(limits=Limits(owner=Limit(day=1_000_000)), at=AT)
    adjust_points(member=member.pk, amount=1, reason=f"{secret} counted", at=AT)
    asked = ask_adjustment(members=[member.pk], amount=9, reason=f"{secret} asked", key="sweep", at=AT)
    made.ids["request"] = ids.encode("adr", asked.pk)


def _exchange(made: Shop, secret: str) -> None:
    """A file half imported, another that made somebody, and a list that was written out."""
    head, row = (
        "email,given name,accepts marketing,proof",
        f"{secret}-new@example.com,{secret}new,yes,{secret} proof",
    )
    for kind in ("members", "lots"):
        file = f"{head}\n{row}\nnobody,{secret}bad,,\n".encode()
        begun = begin_import(kind=kind, name=f"{secret}.csv", chunks=[file], at=AT)
    begun = begin_import(kind="members", name=f"{secret}.csv", chunks=[file], at=AT)
    check_import(imported=begun.pk, fields=begun.fields, options={}, at=clock.now())
    run_waiting()
    run_import(imported=begun.pk, at=clock.now())
    job = ask_for_export(name="members", at=clock.now())
    run_waiting()
    made.ids |= {"import": ids.encode("imp", begun.pk), "job": ids.encode("job", job.pk)}


def _keys(made: Shop, secret: str) -> None:
    key, made.keys["all"] = create_api_key(name=f"{secret} key", scopes=list(SCOPES), at=AT)
    bare, made.keys["bare"] = create_api_key(name="bare", scopes=["events:read"], at=AT)
    ApiKey.objects.filter(pk=bare.pk).update(scopes=[])
    made.ids["key"] = str(key.pk)


def _hooks(made: Shop, secret: str) -> None:
    url = f"https://{secret}.example/hook"
    endpoint, _signing = add_endpoint(url=url, kinds=["*"], description=f"{secret} till", at=AT)
    delivery = send_test(endpoint=endpoint.pk, at=AT)
    Sighting.objects.create(step="member", credential=endpoint.pk, seen_at=AT)
    made.ids |= {"endpoint": ids.encode("whe", endpoint.pk), "delivery": ids.encode("dlv", delivery.pk)}


def _widget(made: Shop) -> None:
    """Where the widget may be shown, its secret, and a token that was used."""
    made.ids["site"] = str(allow_site(url="https://shop.example", at=AT).pk)
    make_secret(at=AT)
    shopper = Shopper(subject="ana", token="t", ends_at=clock.now() + days(1))
    use_token(shopper=shopper, panel="0" * 32, at=AT)


def _messages(made: Shop, ana: Member, secret: str) -> None:
    """Something to send, words of the shop's own, a newsletter, and an address that may not be written to."""
    now = clock.now()
    plan(messages=[New(member=ana.pk, kind="welcome", occasion="joined", due_at=now)], at=now)
    words = {"en": {"subject": f"{secret} subject", "body": f"{secret} body"}}
    shape_kind(kind="welcome", words=words, at=now)
    set_hours(quiet_from=21, quiet_until=8, weekly_most=5, at=now)
    letter = write_newsletter(newsletter=None, words=words, at=now)
    choose(member=ana.pk, topics={"reminders": False}, at=now, source="api")
    held = suppress(channel="email", address=f"{secret}-ana@example.com".lower(), reason="bounce", at=now)
    made.ids |= {
        "message": ids.encode("msg", Message.objects.get(member=ana, kind="welcome").pk),
        "newsletter": ids.encode("nws", letter.pk),
        "suppression": ids.encode("spr", held.pk),
    }


def _wallets(made: Shop, ana: Member, secret: str) -> None:
    """Both wallets, a card for each, and a phone that has one."""
    wallets.connect_apple(files=papers.files(), at=AT)
    wallets.connect_google(key_file=papers.key_file(), issuer=papers.ISSUER, at=AT)
    row = wallets.issue_pass(member=ana.pk, platform="apple", at=AT)
    wallets.register_device(wallet_pass=row.pk, device=f"{secret}-phone", push_token=f"{secret}-token", at=AT)
    made.ids["wallet_pass"] = row.pk.hex


def _segments(made: Shop, ana: Member, secret: str) -> None:
    """A segment that Ana is in, a list she is on, somebody to look at again, and the scale of the buyers."""
    conditions = {"of": [{"type": "orders", "at_least": 1}]}
    row = create_segment(name=f"{secret} buyers", note=f"{secret} note", conditions=conditions, at=AT)
    create_segment(name=f"{secret} list", at=AT)
    SegmentLook.objects.create(member=ana, noted_at=AT)
    work_out_scale(at=AT)
    made.ids["segment"] = ids.encode("seg", row.pk)


def _campaign(made: Shop, secret: str) -> None:
    """A draft of a campaign, and from when on two people decide about one."""
    content = CampaignContent(name=f"{secret} weekend", note=f"{secret} note", partner=f"{secret} partner")
    made.ids["campaign"] = ids.encode("cmp", write_campaign(campaign=None, content=content, at=AT).pk)
    set_policy(approve_points=50_000, approve_minor=None, at=AT)
    note_added()


def _rehearse(made: Shop) -> None:
    """What the draft would have done, for the one who bought; a draw that was announced."""
    draw = open_draw(handle="may", name="May", prize="Coffee", prizes=1, closes_at=AT + days(36_000), at=AT)
    made.ids["draw"] = ids.encode("drw", draw.pk)
    row = start_rehearsal(since=AT - days(1), until=AT + days(1), at=clock.now())
    run_waiting()
    made.ids["rehearsal"] = ids.encode("rhs", row.pk)


def _figures() -> None:
    """Sums of what happened, and a day that is to be summed again."""
    note_changes(at=clock.now())
    while sum_batch(at=clock.now()):
        pass
    refill(first=AT.date(), last=AT.date())


def _till(made: Shop, ana: Member, secret: str) -> None:
    """A till that waits for its device, somebody's PIN, and something that was done there."""
    till, _code = add_till(name=f"{secret} till", location="main", at=AT)
    staff = UUID(made.ids["staff"])
    set_pin(staff=staff, pin="2580", at=AT)
    deed = Deed(Action.Kind.JOIN, ana.pk, ana.pk)
    name = Name(f"{secret} key", ids.new())
    done = note_action(till=till.pk, staff=staff, name=name, deed=deed, done_at=AT, at=AT)
    made.ids |= {"till": str(till.pk), "till_action": str(done.pk)}


def absent(of: Shop) -> dict[str, str]:
    """Ids of the same form as a shop's, that name nothing anywhere."""
    made = dict(of.ids)
    for kind, value in of.ids.items():
        prefix, _, tail = value.partition("_")
        if len(tail) == 26:
            made[kind] = ids.encode(prefix, ids.new())
    no_one = ("key", "staff", "invitation", "place", "till", "till_action", "site")
    made |= {kind: str(ids.new()) for kind in no_one} | {"voucher": "000000000000"}
    made["wallet_pass"] = ids.new().hex
    return made | {"external": "no-such-member", "order_external": "no-such-order", "slug": "no-such-shop"}
