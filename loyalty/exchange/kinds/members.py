"""Members who were members before: names, birthdays, when they joined, and what they agreed to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.core.errors import DomainError
from loyalty.core.ledger.queries import balances
from loyalty.exchange.kinds import parsing, people
from loyalty.exchange.kinds.base import (
    BAD,
    KNOWN,
    MADE,
    READY,
    Bad,
    Context,
    Field,
    Line,
    Problem,
    Verdict,
    read_all,
    refused,
    repeated,
)
from members.models import Member
from members.operations.joining import Agreed, Newcomer, join_many, known_members
from members.operations.privacy import erase_member
from members.queries.many import active_since, statuses

LONGEST_NAME = 80
NEWS = ("news_by_email", "news_by_sms")
FIELDS = (
    *people.FIELDS,
    Field(name="given_name", label=gettext_lazy("Given name"),
          aliases=("givenname", "firstname", "customerfirstname", "fornamn", "fornavn", "voornaam",
                   "billingfirstname")),
    Field(name="family_name", label=gettext_lazy("Family name"),
          aliases=("familyname", "lastname", "surname", "customerlastname", "efternamn", "etternavn", "achternaam",
                   "billinglastname")),
    Field(name="full_name", label=gettext_lazy("Full name"),
          aliases=("fullname", "name", "customername", "namn", "navn", "naam", "displayname"),
          help=gettext_lazy("The last word becomes the family name.")),
    Field(name="birthday", label=gettext_lazy("Birthday"),
          aliases=("birthday", "birthdate", "dateofbirth", "dob", "birthdaymmddormmddyyyy", "birthdaymmddyyyy",
                   "fodelsedag", "fodelsedatum", "fodselsdag", "fodselsdato", "verjaardag", "geboortedatum")),
    Field(name="joined_at", label=gettext_lazy("Joined"),
          aliases=("joined", "joinedat", "memberssince", "membersince", "createdat", "created", "signupdate",
                   "enrolledat", "datejoined", "registered", "registeredat", "userregistered", "medlemsedan",
                   "medlemsiden", "lidsinds")),
    Field(name="language", label=gettext_lazy("Language"), aliases=("language", "locale", "sprak", "taal")),
    Field(name="news_by_email", label=gettext_lazy("Wants news by e-mail"),
          aliases=("newsbyemail", "acceptsmarketing", "acceptsemailmarketing", "emailconsent", "newsletter",
                   "emailmarketing", "marketingemailconsent", "nyhetsbrev", "nieuwsbrief")),
    Field(name="news_by_sms", label=gettext_lazy("Wants news by text message"),
          aliases=("newsbysms", "acceptssmsmarketing", "smsconsent", "smsmarketing")),
    Field(name="consent_at", label=gettext_lazy("Agreed to news on"),
          aliases=("consentat", "consentdate", "agreedat", "optindate", "emailconsentat", "subscribedat")),
    Field(name="consent_proof", label=gettext_lazy("How they agreed"),
          aliases=("consentproof", "consentsource", "optinsource", "proof"),
          help=gettext_lazy("Such as “newsletter form” or “at the till”.")),
)  # fmt: skip


class MembersKind:
    """Rows are people. Who is a member already stays as they are."""

    name = "members"
    label = gettext_lazy("Members")
    fields: tuple[Field, ...] = FIELDS

    def lacking(self, fields: set[str]) -> list[str]:
        """Whom it is about."""
        return people.lacking(fields)

    def names(self, lines: Sequence[Line], context: Context) -> list[list[str]]:
        """By everything that names them: no two rows may share any of it."""
        return [people.names(line) for line in lines]

    def group(self, line: Line) -> str:
        """Each row stands alone."""
        return ""

    def judge(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Who would join, who is here, and what is wrong."""
        people_, verdicts = self._read(lines, context)
        here = known_members(list(people_.values()))
        for (place, _person), found in zip(people_.items(), here, strict=True):
            line = lines[place]
            if len(found) > 1:
                reason = _(
                    "These belong to different members. Merge them first, or keep the one that is right."
                )
                verdicts[place] = Verdict(line.number, BAD, [Problem("", "", "identity_taken", reason)])
            else:
                verdicts[place] = Verdict(line.number, KNOWN if found else READY)
        return [verdicts[place] for place in range(len(lines))]

    def carry_out(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Join who is not here yet."""
        people_, verdicts = self._read(lines, context)
        welcome = bool(context.options.get("welcome"))
        answers = join_many(people=list(people_.values()), channel="import", at=context.at, welcome=welcome)
        for place, answer in zip(people_, answers, strict=True):
            line = lines[place]
            if isinstance(answer, DomainError):
                verdicts[place] = refused(line, answer)
            elif answer.created:
                verdicts[place] = Verdict(line.number, MADE, subject=answer.member.pk)
            else:
                verdicts[place] = Verdict(line.number, KNOWN)
        return [verdicts[place] for place in range(len(lines))]

    def undo(self, subjects: Sequence[UUID], at: datetime) -> list[str]:
        """Erase who has not bought, done or got anything since."""
        now, active, held = statuses(subjects), active_since(subjects), balances(subjects)
        answers = []
        for member in subjects:
            gone = now.get(member) in (None, Member.Status.ERASED, Member.Status.MERGED)
            if gone:
                answers.append("")
            elif member in active:
                answers.append(_("They have bought, done something or signed in since."))
            elif member in held:
                answers.append(_("They have had points. Undo the import of the points first, or erase them one by one.")
                               if held[member].available or held[member].pending or held[member].reserved
                               else self._erased(member, at))  # fmt: skip
            else:
                answers.append(self._erased(member, at))
        return answers

    def _erased(self, member: UUID, at: datetime) -> str:
        erase_member(member=member, at=at)
        return ""

    def _read(
        self, lines: Sequence[Line], context: Context
    ) -> tuple[dict[int, Newcomer], dict[int, Verdict]]:
        found, verdicts = read_all(lines, lambda line: _newcomer(line, context))
        for place, line in enumerate(lines):
            if place in found and line.nth:
                verdicts[place] = repeated(line)
                del found[place]
        return found, verdicts


def _newcomer(line: Line, context: Context) -> Newcomer:
    """A row as a person. Raises `Bad` with everything that is wrong with it."""
    problems: list[Problem] = []

    def tried(read: Any, *arguments: Any) -> Any:
        try:
            return read(line, *arguments)
        except Bad as found:
            problems.extend(found.problems)
            return None

    order = context.option("dates", "dmy")
    ways = tried(people.identities) or {}
    given, family = _names(line)
    for name, text in (("given_name", given), ("family_name", family)):
        if len(text) > LONGEST_NAME:
            problems.append(Problem(name, text[:200], "too_long", _("At most 80 characters.")))
    birthday = tried(parsing.day, "birthday", order)
    if birthday is not None and birthday > context.at.astimezone(context.zone).date():
        problems.append(
            Problem("birthday", line.get("birthday"), "out_of_range", _("Give the real date of birth."))
        )
    joined = tried(parsing.instant, "joined_at", order, context.zone) or context.at
    if joined > context.at:
        problems.append(
            Problem("joined_at", line.get("joined_at"), "out_of_range", _("This day is still to come."))
        )
    wants = {name: tried(parsing.yes_or_no, name) for name in NEWS}
    agreed = tried(_agreed, wants, context) or ()
    if problems:
        raise Bad(*problems)
    details = {"given_name": given, "family_name": family, **{name: bool(yes) for name, yes in wants.items()}}
    return Newcomer(identities=ways, joined_at=joined, language=_language(line), agreed=agreed,
                    details={**details, "birthday": birthday})  # fmt: skip


def _names(line: Line) -> tuple[str, str]:
    given, family = line.get("given_name"), line.get("family_name")
    if given or family:
        return given, family
    before, _space, last = line.get("full_name").rpartition(" ")
    return (before, last) if before else (last, "")


def _language(line: Line) -> str:
    """The language a member reads; "" (the shop's) for one that is not spoken here."""
    code = line.get("language").strip().lower().replace("_", "-").split("-")[0]
    code = {"no": "nb", "nn": "nb"}.get(code, code)
    return code if code in dict(settings.LANGUAGES) else ""


def _agreed(line: Line, wants: dict[str, bool | None], context: Context) -> tuple[Agreed, ...]:
    """A yes to news needs to be shown: when or how it was given, in the row or for the whole file."""
    order = context.option("dates", "dmy")
    given_at = parsing.instant(line, "consent_at", order, context.zone)
    if given_at is not None and given_at > context.at:
        raise parsing.problem(line, "consent_at", "out_of_range", _("This day is still to come."))
    proof = line.get("consent_proof")[:300] or context.option("consent")[:300]
    for name, yes in wants.items():
        if yes and given_at is None and not proof:
            reason = _("A yes to news has to be shown: say when or how they agreed, or leave this out.")
            raise parsing.problem(line, name, "consent_unproven", reason)
    return tuple(
        Agreed(purpose=name, given=yes, given_at=given_at, proof=proof)
        for name, yes in wants.items()
        if yes is not None
    )
