"""Joining in the panel: with one field, or with one press where the shop says who it is."""

from datetime import datetime
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from loyalty.core import formats
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.merchants.models import Merchant
from loyalty.core.people.operations import open_account
from loyalty.core.programme import queries as programmes
from loyalty.core.widget.operations import use_token
from loyalty.core.widget.tokens import Shopper
from loyalty.web.office.frame import language_of, words
from loyalty.web.portal.entrance import JOINS_AN_HOUR, JoinForm, NotOpen
from loyalty.web.widget.frame import Panel
from members.operations.consents import choose_news
from members.operations.membership import join as join_member
from members.queries import directory
from members.queries.identifying import normal
from members.queries.visiting import has_card
from members.rules.doing import joined as having_joined
from members.rules.engine import decide
from members.rules.facts import Facts, MemberFacts


class TooManyCards(DomainError):
    code = "too_many_cards"
    status = 429
    message = gettext_lazy(
        "Many cards were made from here just now. Try again in an hour, or ask at the till."
    )


def joining_gives(merchant: Merchant, *, at: datetime) -> str:
    """What the programme in force gives for joining, in words: "50 points"; "" for nothing. Needs the scope."""
    current = programmes.in_force()
    if current is None:
        return ""
    done = having_joined("newcomer", at=at, channel="widget").facts()
    facts = Facts(member=MemberFacts(at), zone=merchant.timezone, activity=done)
    points = decide(current.programme["earning"], facts, at).earned()
    return formats.points(points, words()) if points else ""


def enrolled(shopper: Shopper, panel: Panel, *, news: bool) -> directory.Row:
    """The shopper as a member, by what the shop vouches for. An address that somebody else has is not theirs."""
    if programmes.in_force() is None:
        raise NotOpen()
    use_token(shopper=shopper, panel=panel.key, at=panel.at)
    identities = {"external": shopper.subject, "email": shopper.email}
    joined = join_member(
        at=panel.at, identities=identities, channel="widget", language=language_of(get_language()),
        details={"given_name": shopper.given_name} if shopper.given_name else {},
    )  # fmt: skip
    if joined.created and shopper.email:
        open_account(email=shopper.email)
        if news:
            _agree(joined.member.pk, "news_by_email", panel)
    return directory.row(joined.member)


def named(typed: str) -> tuple[str, str]:
    """An address if there is an @ in it, else a phone number of the shop's country. Raises `InvalidInput`."""
    kind = "email" if "@" in typed else "phone"
    if kind == "phone" and not any(character.isdigit() for character in typed):
        raise InvalidInput.of("email", _("Write an e-mail address or a phone number."))
    return kind, normal(kind, typed)


def made(panel: Panel, kind: str, value: str, *, news: bool) -> UUID | None:
    """The new member; None when somebody here has the address or number already."""
    if has_card(value, kind):
        return None
    if programmes.in_force() is None:
        raise NotOpen()
    joined = join_member(
        at=panel.at, identities={kind: value}, channel="widget", language=language_of(get_language())
    )
    if not joined.created:  # by another page at this very moment
        return None
    if kind == "email":
        open_account(email=value)
    if news:
        _agree(joined.member.pk, "news_by_email" if kind == "email" else "news_by_sms", panel)
    return joined.member.pk


def _agree(member: UUID, way: str, panel: Panel) -> None:
    proof = str(JoinForm.base_fields["news"].label)
    choose_news(member=member, chosen={way: True}, source="widget", proof=proof, at=panel.at)


def count(request: HttpRequest) -> None:
    """Raises `TooManyCards`. Cards made in the portal from the same network address count, too."""
    name = f"portal-join:{get_adapter().get_client_ip(request)}"
    cache.add(name, 0, timeout=3600)
    try:
        if cache.incr(name) > JOINS_AN_HOUR:
            raise TooManyCards()
    except ValueError:  # it has just run out
        return
