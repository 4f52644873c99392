"""What a member holds of a reward, beside its code: a place with its date, a donation made, early access, a parcel."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from msgspec import convert

from loyalty.core import formats, ids
from loyalty.web.portal.frame import Card, words
from rewards.models import Booking, Fulfilment, Redemption, Reward, Session
from rewards.queries import figures, fulfilments, places
from rewards.queries.catalogue import kind_terms
from rewards.rules.kinds.giving import Donation
from rewards.rules.kinds.happenings import EarlyAccess, Experience
from rewards.rules.kinds.money import PayWithPoints

_STATES = {
    Fulfilment.State.OPEN: lambda: _("We will get it ready for you."),
    Fulfilment.State.PREPARED: lambda: _("It is ready."),
    Fulfilment.State.SENT: lambda: _("It is on its way."),
    Fulfilment.State.COLLECTED: lambda: _("You have collected it."),
    Fulfilment.State.DONE: lambda: _("It is with you."),
}
DATES = 20


def held(row: Redemption, card: Card) -> list[dict[str, str]]:
    """What there is to say of a redemption that stands, each with an icon and a title; links where there is one."""
    if row.status not in (Redemption.Status.RESERVED, Redemption.Status.COMMITTED):
        return []
    terms = kind_terms(row.reward)
    found = []
    if isinstance(terms, Donation):
        found.append(_donation(row, terms, card))
    elif isinstance(terms, EarlyAccess):
        found.append(_access(terms, card))
    elif isinstance(terms, Experience):
        found += [_place(booking, terms) for booking in places.of_redemptions([row.pk]).values()]
    elif getattr(terms, "url", ""):
        found.append(
            {"icon": "external-link", "title": _("Use it here"), "text": "", "url": getattr(terms, "url", "")}
        )
    parcel = fulfilments.of_redemptions([row.pk]).get(row.pk)
    if parcel is not None and parcel.state in _STATES:
        text = _STATES[Fulfilment.State(parcel.state)]()
        found.append({"icon": "package", "title": text, "text": parcel.reference, "url": ""})
    return found


def _donation(row: Redemption, terms: Donation, card: Card) -> dict[str, str]:
    currency = card.merchant.currency
    total = next(one for one in figures.donations(member=card.member_id) if one.reward.pk == row.reward_id)
    together = _("Members have given {all} together, {mine} of it you.").format(
        all=formats.short_money(total.minor, currency),
        mine=formats.short_money(total.by_member_minor, currency),
    )
    thanks = _("Thank you! {amount} go to {charity}.").format(
        amount=formats.short_money(row.value, currency), charity=terms.charity
    )
    return {"icon": "heart-handshake", "title": thanks, "text": together, "url": terms.url}


def given_so_far(reward: Reward, card: Card) -> dict[str, str] | None:
    """What members have given to a charity together, and I of it; None for any other reward."""
    terms, currency = kind_terms(reward), card.merchant.currency
    if not isinstance(terms, Donation):
        return None
    found = [one for one in figures.donations(member=card.member_id) if one.reward.pk == reward.pk]
    total, mine = (found[0].minor, found[0].by_member_minor) if found else (0, 0)
    return {
        "charity": terms.charity, "url": terms.url, "total": formats.short_money(total, currency),
        "mine": formats.short_money(mine, currency) if mine and card.proven else "",
    }  # fmt: skip


def _access(terms: EarlyAccess, card: Card) -> dict[str, str]:
    opens, public = (formats.when(one, "datetime") for one in (terms.opens_at, terms.public_at))
    if card.at < terms.opens_at:
        title = _("You may come in from {when}.").format(when=opens)
    elif card.at < terms.public_at:
        title = _("Come in: it is open for you.")
    else:
        title = _("It is open for everybody now.")
    text = _("Everybody else may from {when}.").format(when=public) if card.at < terms.public_at else ""
    return {
        "icon": "door-open",
        "title": title,
        "text": text,
        "url": terms.url if card.at >= terms.opens_at else "",
    }


def _place(booking: Booking, terms: Experience) -> dict[str, str]:
    bring = _("Bring: {what}").format(what=terms.bring) if terms.bring else ""
    text = " · ".join(part for part in (booking.session.place, bring) if part)
    return {
        "icon": "calendar-days",
        "title": formats.when(booking.session.starts_at, "datetime"),
        "text": text,
        "url": "",
    }


def dates(reward: Reward, card: Card) -> list[dict[str, Any]]:
    """An event's coming dates for one member: whether they have a place, wait, can book or can wait."""
    terms = kind_terms(reward)
    if not isinstance(terms, Experience):
        return []
    rows = list(places.sessions(reward=reward.pk, after=card.at)[:DATES])
    mine = {
        booking.session_id: booking
        for booking in places.bookings(member=card.member_id).filter(session__in=[row.pk for row in rows])
        if booking.status in (Booking.Status.BOOKED, Booking.Status.WAITING)
    }
    return [_date(row, mine.get(row.pk), terms, card) for row in rows]


def _date(row: Session, mine: Booking | None, terms: Experience, card: Card) -> dict[str, Any]:
    left = row.capacity - row.taken
    return {
        "starts_at": row.starts_at, "ends_at": row.ends_at, "place": row.place, "left": left,
        "closed": card.at > row.book_until,
        "state": mine.status if mine else "",
        "ahead": places.ahead(mine) if mine and mine.status == Booking.Status.WAITING else 0,
        "free_until": _later(terms.free_until(row.starts_at), card),
        "book_url": card.url("book", ids.encode("ssn", row.pk)),
        "give_up_url": card.url("give_up", ids.encode("bkg", mine.pk)) if mine else "",
    }  # fmt: skip


def _later(instant: datetime, card: Card) -> datetime | None:
    return instant if instant > card.at else None


def rate_of(reward: Reward, card: Card) -> str:
    """What points are worth at the checkout, in a sentence; empty for any other reward."""
    if reward.kind != Reward.Kind.PAY_WITH_POINTS:
        return ""
    terms = convert(reward.terms, PayWithPoints)
    worth = formats.short_money(terms.minor, card.merchant.currency)
    text = _("{points} pay {worth} of an order").format(
        points=formats.points(terms.points, words()), worth=worth
    )
    if terms.most_percent < 10_000:
        text = _("{text}, at most {percent} of it").format(
            text=text, percent=f"{terms.most_percent / 100:g} %"
        )
    return text
