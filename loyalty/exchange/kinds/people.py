"""Naming a member in a row, the same way in every kind of import, and finding many at once."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.core.errors import InvalidInput
from loyalty.exchange.kinds.base import BAD, Bad, Field, Line, Problem, Verdict
from members.queries.identifying import normal
from members.queries.many import known_by

WAYS = ("external", "email", "phone", "card")
"""The ways to name a member, the surest first."""
FIELDS = (
    Field(
        name="external", label=gettext_lazy("Customer number"),
        aliases=("externalid", "external", "customerid", "customernumber", "customerno", "merchantid", "userid",
                 "shopifycustomerid", "shopifyid", "clientid", "kundnummer", "kundnr", "kundid", "kundenummer",
                 "kundenr", "klantnummer", "klantid", "yourowncustomernumber", "wpuserid"),
        help=gettext_lazy("What your shop system calls this person."),
    ),
    Field(
        name="email", label=gettext_lazy("E-mail"),
        aliases=("email", "emailaddress", "customeremail", "useremail", "mail", "epost", "epostadress", "epostadresse",
                 "emailadres", "billingemail"),
    ),
    Field(
        name="phone", label=gettext_lazy("Phone"),
        aliases=("phone", "phonenumber", "mobile", "mobilephone", "telephone", "telefon", "telefonnummer", "mobil",
                 "mobiltelefon", "telefoon", "telefoonnummer", "mobiel", "customerphone", "billingphone"),
    ),
    Field(
        name="card", label=gettext_lazy("Card"),
        aliases=("card", "cardnumber", "cardcode", "loyaltycard", "kort", "kortnummer", "kaart", "kaartnummer",
                 "barcode"),
    ),
)  # fmt: skip


def lacking(fields: set[str]) -> list[str]:
    """A file has to say whom each row is about."""
    if fields.isdisjoint(WAYS):
        return [_("Say which column names the member: customer number, e-mail, phone or card.")]
    return []


def identities(line: Line) -> dict[str, str]:
    """The ways a row names a member, as they are kept. Raises `Bad` naming all that cannot be used."""
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for way in WAYS:
        text = line.get(way)
        if not text:
            continue
        try:
            found[way] = normal(way, text)
        except InvalidInput as error:
            problems += [Problem(way, text[:200], row["code"], row["message"]) for row in error.errors]
    if problems:
        raise Bad(*problems)
    if not found:
        raise Bad(
            Problem("", "", "nobody", _("The row names nobody: no customer number, e-mail, phone or card."))
        )
    return found


def names(line: Line) -> list[str]:
    """What a person is known by in a file, however it is written."""
    return [f"{way}:{line.get(way).casefold()}" for way in WAYS if line.get(way)]


def find(
    lines: Sequence[Line], named: Mapping[int, Mapping[str, str]]
) -> tuple[dict[int, UUID], dict[int, Verdict]]:
    """The member each row names, by its place, and verdicts on those who are nobody or two people."""
    known = known_by(pair for ways in named.values() for pair in ways.items())
    found: dict[int, UUID] = {}
    verdicts: dict[int, Verdict] = {}
    for place, ways in named.items():
        here = {known[pair] for pair in ways.items() if pair in known}
        if len(here) == 1:
            found[place] = here.pop()
            continue
        way = next(iter(ways))
        reason = (
            _("These belong to different members. Merge them first, or keep the one that is right.")
            if here
            else _("No member is known by this. Import the members first.")
        )
        code = "identity_taken" if here else "member_not_found"
        verdicts[place] = Verdict(
            lines[place].number, BAD, [Problem(way, lines[place].get(way)[:200], code, reason)]
        )
    return found, verdicts
