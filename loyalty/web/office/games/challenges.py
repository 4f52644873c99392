"""Challenges: the list with what to begin with, the form, and one with who takes part and what it has given."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.models import Challenge
from campaigns.operations.games import challenges as operations
from campaigns.queries.games import boards
from campaigns.queries.games import challenges as reading
from campaigns.rules.games import Terms
from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web import games
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.games.forms import ALIASES, ChallengeForm, begins, initial_of, terms_shown
from loyalty.web.office.games.frame import CURRENT, challenge_state, challenge_url, people, tabs
from loyalty.web.office.games.starts import STARTS
from loyalty.web.sentences import voice_of

State = Challenge.State


def _find(challenge_id: str) -> Challenge:
    return reading.challenge(ids.decode("chl", challenge_id))


@require_safe
@require("games.view")
def challenges(request: HttpRequest, here: Here) -> HttpResponse:
    """All of them, those that run first."""
    rows = list(reading.challenges()[:200])
    numbers, voice = reading.taking_part(rows), voice_of(here.merchant.currency, words())
    order = {_("Open"): 0, _("Planned"): 1, _("Draft"): 2}
    found = []
    for row in rows:
        state, badge = challenge_state(row, here.at)
        terms = reading.terms_of(row)
        players, reached = numbers[row.pk]
        found.append({
            "row": row, "url": challenge_url(here, row), "state": state, "badge": badge, "players": players,
            "reached": reached, "icon": games.ICONS[terms.measure],
            "goal": games.amount_of(terms, terms.goal, voice),
        })  # fmt: skip
    context = {
        "rows": sorted(found, key=lambda one: order.get(str(one["state"]), 3)),
        "tabs": tabs(here, "challenges"),
        "starts": [{"key": key, "start": start} for key, start in STARTS.items()],
    }
    return office_page(request, here, "office/games/challenges.html", context, current=CURRENT)


def _form(
    request: HttpRequest, here: Here, initial: dict[str, Any], terms: Terms | None = None
) -> ChallengeForm:
    data = request.POST if request.method == "POST" else None
    voice = voice_of(here.merchant.currency, words())
    return ChallengeForm(data, initial=initial, currency=here.merchant.currency, voice=voice, terms=terms)


def _form_page(request: HttpRequest, here: Here, form: ChallengeForm, row: Challenge | None) -> HttpResponse:
    context = {
        "form": form,
        "row": row,
        "open": row is not None and row.state == State.OPEN,
        "back_url": challenge_url(here, row) if row else reverse("office:games", args=[here.merchant.slug]),
    }
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/games/challenge_form.html", context, current=CURRENT, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("games.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """A new one, begun with one of `STARTS` where `?start=` names it. It is a draft until it is opened."""
    start = STARTS.get(request.GET.get("start", ""))
    initial: dict[str, Any] = {"starts_at": begins(timezone.localtime(here.at))}
    if start is not None:
        initial |= terms_shown(start.terms, here.merchant.currency)
        initial |= {"name": str(start.name), "board": start.board}
    form = _form(request, here, initial)
    if request.method == "POST" and form.is_valid():
        try:
            row = operations.create_challenge(details=form.details(), at=here.at)
        except DomainError as refusal:
            show_errors(form, refusal, ALIASES)
        else:
            messages.success(request, _("The challenge is saved. Members see it when you open it."))
            return sent_to(request, challenge_url(here, row))
    return _form_page(request, here, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@require("games.edit")
def edit(request: HttpRequest, here: Here, challenge_id: str) -> HttpResponse:
    """Change it. Once it is open, only its words and a later end."""
    row = _find(challenge_id)
    form = _form(request, here, initial_of(row, here.merchant.currency), reading.terms_of(row))
    if row.state != State.DRAFT:
        for name, field in form.fields.items():
            field.disabled = name not in ("name", "text", "ends_at")
    if request.method == "POST" and form.is_valid():
        names = None if row.state == State.DRAFT else ("name", "text", "ends_at")
        details = {key: value for key, value in form.details().items() if names is None or key in names}
        try:
            operations.edit_challenge(challenge=row.pk, details=details, at=here.at)
        except DomainError as refusal:
            show_errors(form, refusal, ALIASES)
        else:
            messages.success(request, _("The challenge is saved."))
            return sent_to(request, challenge_url(here, row))
    return _form_page(request, here, form, row)


@require_safe
@require("games.view")
def challenge(request: HttpRequest, here: Here, challenge_id: str) -> HttpResponse:
    """One: its terms in words, who takes part, what was reached and given."""
    row = _find(challenge_id)
    terms, voice = reading.terms_of(row), voice_of(here.merchant.currency, words())
    names, given = games.names_for([terms]), {needed: rest for needed, *rest in reading.awards_of(row)}
    state, badge = challenge_state(row, here.at)
    board = boards.board(row, at=here.at, most=20)
    known = people(here, [one.member for one in board.first])
    players, reached = reading.taking_part([row])[row.pk]
    context = {
        "row": row, "state": state, "badge": badge, "icon": games.ICONS[terms.measure],
        "rules": games.rules_of(terms, voice),
        "steps": [
            {
                "asks": games.amount_of(terms, one.needed, voice), "gives": games.gives(one, names, voice),
                "reached": given.get(one.needed, [0, 0])[0], "points": given.get(one.needed, [0, 0])[1],
            }
            for one in terms.milestones
        ],
        "players": players, "reached": reached, "points": sum(points for _number, points in given.values()),
        "first": [
            {"place": one, "value": games.amount_of(terms, one.value, voice), "person": known.get(one.member)}
            for one in board.first
        ],
        "is_draft": row.state == State.DRAFT,
        "is_open": row.state == State.OPEN and (row.ends_at is None or row.ends_at > here.at),
        "urls": {name: challenge_url(here, row, f"challenge_{name}") for name in ("edit", "open", "end", "delete")},
    }  # fmt: skip
    return office_page(request, here, "office/games/challenge.html", context, current=CURRENT)


@require_POST
@require("games.edit")
def open_one(request: HttpRequest, here: Here, challenge_id: str) -> HttpResponse:
    """Let members take part."""
    row = operations.open_challenge(challenge=_find(challenge_id).pk, at=here.at)
    now = row.starts_at <= here.at
    messages.success(
        request, _("Open: members see it now.") if now else _("Planned: members see it when it begins.")
    )
    return sent_to(request, challenge_url(here, row))


@require_POST
@require("games.edit")
def end(request: HttpRequest, here: Here, challenge_id: str) -> HttpResponse:
    """End it now."""
    row = operations.end_challenge(challenge=_find(challenge_id).pk, at=here.at)
    messages.success(request, _("The challenge has ended. What members reached stays theirs."))
    return sent_to(request, challenge_url(here, row))


@require_POST
@require("games.edit")
def delete(request: HttpRequest, here: Here, challenge_id: str) -> HttpResponse:
    """Delete a draft."""
    operations.delete_challenge(challenge=_find(challenge_id).pk, at=here.at)
    messages.success(request, _("The draft is deleted."))
    return sent_to(request, reverse("office:games", args=[here.merchant.slug]))
