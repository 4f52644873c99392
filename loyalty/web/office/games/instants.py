"""Instant wins: the list, the form, and one with its prizes, its winners and its proof."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.models import InstantWin
from campaigns.operations.games.instant import end_instant_win, open_instant_win
from campaigns.queries.games import instant as reading
from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web import games
from loyalty.web.office.forms.programme import MoneyField
from loyalty.web.office.frame import office_page
from loyalty.web.office.games.forms import PRIZES, begins, moment, number, reward_choices
from loyalty.web.office.games.frame import CURRENT, instant_url, people, tabs

TICKETS = (
    (InstantWin.Ticket.DAY, gettext_lazy("One each day, for everybody")),
    (InstantWin.Ticket.PURCHASE, gettext_lazy("One with each purchase")),
)


class InstantForm(forms.Form):
    """What a ticket comes with, what can be won, how likely, and how often in all."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    text = forms.CharField(label=gettext_lazy("A sentence about it"), max_length=300, required=False)
    ticket = forms.ChoiceField(label=gettext_lazy("A ticket"), choices=TICKETS)
    starts_at = moment(gettext_lazy("Begins"))
    ends_at = moment(gettext_lazy("Ends"))

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["at_least"] = MoneyField(
            label=_("A purchase counts from"), currency=currency, min_value=0, required=False
        )
        choices = [("", _("No prize")), *reward_choices()]
        for n in range(PRIZES):
            first = n == 0
            self.fields[f"p{n}_reward"] = forms.ChoiceField(label=_("Prize"), choices=choices, required=first)
            self.fields[f"p{n}_one_in"] = number(_("One ticket in"), required=first, least=1)
            self.fields[f"p{n}_total"] = number(
                _("How many there are"), required=first, least=1, most=100_000
            )

    def prizes(self) -> list[dict[str, forms.BoundField]]:
        """The fields of each prize."""
        return [{name: self[f"p{n}_{name}"] for name in ("reward", "one_in", "total")} for n in range(PRIZES)]

    def clean(self) -> dict[str, Any]:
        """A prize is whole, or is none."""
        data = super().clean() or {}
        for n in range(PRIZES):
            for name in ("one_in", "total"):
                if (
                    data.get(f"p{n}_reward")
                    and not data.get(f"p{n}_{name}")
                    and f"p{n}_{name}" not in self.errors
                ):
                    self.add_error(f"p{n}_{name}", _("Give a number."))
        return data

    def details(self) -> dict[str, Any]:
        """As the operation takes them."""
        data, names = self.cleaned_data, dict(reward_choices())
        return {
            **{name: data[name] for name in ("name", "text", "ticket", "starts_at", "ends_at")},
            "at_least_minor": data["at_least"] or 0,
            "prizes": [
                {
                    "name": names[data[f"p{n}_reward"]], "reward": data[f"p{n}_reward"],
                    "odds": max(1, round(1_000_000 / data[f"p{n}_one_in"])), "total": data[f"p{n}_total"],
                }
                for n in range(PRIZES)
                if data[f"p{n}_reward"]
            ],
        }  # fmt: skip


ALIASES = {
    "at_least_minor": "at_least",
    "prizes": "p0_one_in",
    **{f"prizes[{n}].reward": f"p{n}_reward" for n in range(PRIZES)},
    **{f"prizes[{n}].odds": f"p{n}_one_in" for n in range(PRIZES)},
    **{f"prizes[{n}].total": f"p{n}_total" for n in range(PRIZES)},
}


def _state(row: InstantWin, here: Here) -> tuple[str, str]:
    if row.state == InstantWin.State.ENDED:
        return _("Over"), ""
    if row.ends_at <= here.at:
        return _("To be published"), "warn"
    return (_("Open"), "good") if row.starts_at <= here.at else (_("Planned"), "info")


@require_http_methods(["GET", "HEAD", "POST"])
@require("games.view")
def instant_wins(request: HttpRequest, here: Here) -> HttpResponse:
    """All of them, newest first, and the form for a new one."""
    if request.method == "POST" and not here.may("games.edit"):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    initial = {"starts_at": begins(timezone.localtime(here.at))}
    form = InstantForm(data, initial=initial, currency=here.merchant.currency)
    if data is not None and form.is_valid():
        try:
            made = open_instant_win(details=form.details(), at=here.at)
        except DomainError as refusal:
            show_errors(form, refusal, ALIASES)
        else:
            messages.success(request, _("The game is open. Which tickets win is certain from now on."))
            return sent_to(request, instant_url(here, made))
    rows = []
    for row in reading.games()[:100]:
        state, badge = _state(row, here)
        left = sum(one.left for one in reading.prizes_of(row))
        rows.append({"row": row, "url": instant_url(here, row), "state": state, "badge": badge, "left": left})
    context = {
        "form": form, "rows": rows, "tabs": tabs(here, "instant"), "has_rewards": bool(reward_choices()),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/games/instant_wins.html", context, current=CURRENT, status=status
    )


@require_safe
@require("games.view")
def instant_win(request: HttpRequest, here: Here, game_id: str) -> HttpResponse:
    """One: what was won of what there is, by whom, and the proof."""
    row = reading.game(ids.decode("iwn", game_id))
    state, badge = _state(row, here)
    won = list(reading.winners_of(row.pk)[:50])
    known = people(here, [one.member_id for one in won if one.member_id])
    names = {one["id"]: one["name"] for one in row.prizes}
    context = {
        "row": row, "state": state, "badge": badge,
        "prizes": [{**one, "odds": games.odds(one["odds"]), "left": one["total"] - one["given"]} for one in row.prizes],
        "won": [
            {"row": one, "prize": names.get(one.prize, ""), "person": known.get(one.member_id) if one.member_id else
            None} for one in won
        ],
        "is_open": row.state == InstantWin.State.OPEN,
        "end_url": instant_url(here, row, "instant_win_end"),
        "file_url": reverse("portal:instant_file", args=[here.merchant.slug, game_id]),
    }  # fmt: skip
    return office_page(request, here, "office/games/instant_win.html", context, current=CURRENT)


@require_POST
@require("games.edit")
def end(request: HttpRequest, here: Here, game_id: str) -> HttpResponse:
    """End it, and publish its secret."""
    row = end_instant_win(game=ids.decode("iwn", game_id), at=here.at)
    messages.success(
        request, _("The game is over. Its secret is published, and every ticket can be checked.")
    )
    return sent_to(request, instant_url(here, row))
