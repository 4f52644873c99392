"""The catalogue: what members can have, what it costs them and the shop, and how often it was taken."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import ids
from loyalty.core.errors import DomainError, Forbidden
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.pictures.queries import address
from loyalty.core.programme import queries as programmes
from loyalty.web.office import worth
from loyalty.web.office.forms.reward_kinds import KINDS
from loyalty.web.office.forms.rewards import ALIASES, RewardForm
from loyalty.web.office.frame import language_of, office_page
from loyalty.web.office.stock import seen
from loyalty.web.office.stock.basics import EVER, ICONS, month_of
from members.rules.earning import Earning
from rewards.models import Reward
from rewards.operations import catalogue as operations
from rewards.queries import catalogue, figures
from rewards.queries.pools import has_pool


def name_of(row: Reward) -> str:
    """A reward's name in the page's language, else English, else any."""
    return str(row.name.get(language_of(get_language())) or row)


def _earning() -> Earning | None:
    current = programmes.in_force()
    return current.programme["earning"] if current else None


def listed(row: Reward, here: Here, earning: Earning | None) -> dict[str, Any]:
    """One reward as the list shows it."""
    left = None if row.stock is None else row.stock - row.taken
    over = row.available_until is not None and row.available_until <= here.at
    early = row.available_from is not None and row.available_from > here.at
    state, badge = _("Offered"), "good"
    if row.retired_at:
        state, badge = _("Retired"), ""
    elif left == 0:
        state, badge = _("Sold out"), "bad"
    elif over:
        state, badge = _("Over"), ""
    elif early:
        state, badge = _("Not yet"), "info"
    return {
        "reward": row,
        "name": name_of(row),
        "icon": ICONS[Reward.Kind(row.kind)],
        "kind": dict(KINDS)[Reward.Kind(row.kind)],
        "left": left,
        "few": left is not None and 0 < left <= 5 and not row.retired_at,
        "back": worth.back_of(row, earning),
        "spend_minor": worth.spend_for(row.cost_points, earning) if earning else None,
        "state": state,
        "badge": badge,
        "public_id": ids.encode("rwd", row.pk),
        "pooled": has_pool(row),
        "picture_url": address(here.merchant.slug, row.picture_id),
    }


@require_safe
@require("rewards.view")
def rewards(request: HttpRequest, here: Here) -> HttpResponse:
    """The catalogue in the members' order; `?show=retired` for those taken out."""
    retired = request.GET.get("show") == "retired"
    earning = _earning()
    found = list(catalogue.rewards(retired=True))
    shown = [row for row in found if bool(row.retired_at) is retired]
    month = figures.taken(since=month_of(here.at), until=here.at)
    here_url = reverse("office:rewards", args=[here.merchant.slug])
    gone = sum(bool(row.retired_at) for row in found)
    context = {
        "rows": [
            {**listed(row, here, earning), "month": month.get(row.pk, figures.Taken())} for row in shown
        ],
        "retired": retired,
        "any": bool(found),
        "tabs": [
            {"label": _("Offered"), "url": here_url, "current": not retired, "count": len(found) - gone},
            {"label": _("Retired"), "url": f"{here_url}?show=retired", "current": retired, "count": gone},
        ],
    }
    return office_page(request, here, "office/rewards.html", context, current="rewards")


def _form_page(request: HttpRequest, here: Here, form: RewardForm, row: Reward | None) -> HttpResponse:
    earning = _earning()
    context: dict[str, Any] = {"form": form, "reward": row}
    if row is not None:
        handed = figures.sum_of(figures.taken_of(row.pk, since=EVER, until=here.at))
        context |= {"listed": listed(row, here, earning), "name": name_of(row), "handed": handed}
    rule = worth.base_rule(earning) if earning else None
    context["rule"] = rule
    context |= _phone(here, row, form)
    status = 422 if form.errors else 200
    return office_page(request, here, "office/reward.html", context, current="rewards", status=status)


def _phone(here: Here, row: Reward | None, form: RewardForm) -> dict[str, Any]:
    """How members see it, beside the form: what was typed already, else what is saved, else an empty one."""
    slug, language = here.merchant.slug, language_of(here.merchant.language)
    draft = reverse("office:reward_draft", args=[slug])
    url = reverse("office:reward_seen", args=[slug, ids.encode("rwd", row.pk)]) if row else draft
    blank = seen.seen(here, language=language, kind="", cost=0, names={}, texts={})
    shown = seen.of_reward(here, row, language) if row else blank
    return {**shown, "languages": seen.tabs(url, language), "draft_url": draft}


def _settings(here: Here) -> dict[str, str]:
    return {"currency": here.merchant.currency, "language": language_of(here.merchant.language)}


@require_http_methods(["GET", "HEAD", "POST"])
@require("rewards.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """A new reward."""
    form = RewardForm(request.POST if request.method == "POST" else None, **_settings(here))
    if request.method == "POST" and form.is_valid():
        try:
            row = operations.create_reward(at=here.at, details=form.details())
        except DomainError as error:
            show_errors(form, error, ALIASES)
        else:
            messages.success(request, _("“{name}” is in the catalogue.").format(name=name_of(row)))
            return sent_to(request, reverse("office:rewards", args=[here.merchant.slug]))
    return _form_page(request, here, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@require("rewards.view")
def edit(request: HttpRequest, here: Here, reward_id: str) -> HttpResponse:
    """Look at a reward and, where the role allows, change it. Open redemptions keep their price."""
    row = catalogue.reward(ids.decode("rwd", reward_id))
    if request.method != "POST":
        form = RewardForm.of(row, **_settings(here))
        if not here.may("rewards.edit"):
            for field in form.fields.values():
                field.disabled = True
        return _form_page(request, here, form, row)
    return _save(request, here, row)


def _save(request: HttpRequest, here: Here, row: Reward) -> HttpResponse:
    if not here.may("rewards.edit"):
        raise Forbidden
    form = RewardForm(request.POST, **_settings(here))
    if form.is_valid():
        try:
            operations.edit_reward(reward=row.pk, at=here.at, details=form.details())
        except DomainError as error:
            show_errors(form, error, ALIASES)
        else:
            messages.success(request, _("The reward is saved."))
            return sent_to(request, request.path)
    return _form_page(request, here, form, catalogue.reward(row.pk))


@require_POST
@require("rewards.edit")
def retire(request: HttpRequest, here: Here, reward_id: str) -> HttpResponse:
    """Take a reward out of the catalogue; it can be taken back for as long as one likes."""
    row = operations.retire_reward(reward=ids.decode("rwd", reward_id), at=here.at)
    undo = reverse("office:reward_restore", args=[here.merchant.slug, reward_id])
    messages.success(
        request,
        _("“{name}” is retired. Codes that are out stay good.").format(name=name_of(row)),
        extra_tags=f"undo={undo}",
    )
    return sent_to(request, reverse("office:rewards", args=[here.merchant.slug]))


@require_POST
@require("rewards.edit")
def restore(request: HttpRequest, here: Here, reward_id: str) -> HttpResponse:
    """Put a retired reward back."""
    row = operations.retire_reward(reward=ids.decode("rwd", reward_id), at=here.at, retired=False)
    messages.success(request, _("“{name}” is offered again.").format(name=name_of(row)))
    return sent_to(request, reverse("office:rewards", args=[here.merchant.slug]))
