"""A reward's pool of codes: fill it, see how much is left, throw away what nobody was given."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page
from loyalty.web.office.rewards import name_of
from loyalty.web.office.stock.forms import CodesForm
from rewards.models import Reward
from rewards.operations import pools as operations
from rewards.queries import catalogue, pools

SHOWN = 5
"""Codes that cannot be used and are named with their reason."""


def _reward(reward_id: str) -> Reward:
    row = catalogue.reward(ids.decode("rwd", reward_id))
    if not pools.has_pool(row):
        raise NotFound("pool")
    return row


@require_http_methods(["GET", "HEAD", "POST"])
@require("rewards.edit")
def codes(request: HttpRequest, here: Here, reward_id: str) -> HttpResponse:
    """How many are left, the last imports, and the form for more."""
    row = _reward(reward_id)
    form = CodesForm(request.POST, request.FILES) if request.method == "POST" else CodesForm()
    if request.method == "POST" and form.is_valid():
        typed = form.typed()
        try:
            done = operations.import_codes(reward=row.pk, codes=typed, at=here.at)
        except InvalidInput as wrong:
            _show(form, wrong, typed)
        except DomainError as error:
            show_errors(form, error)
        else:
            _tell(request, done)
            return sent_to(request, request.path)
    context = {
        "reward": row,
        "name": name_of(row),
        "pool": pools.pool(row),
        "batches": pools.batches(row.pk),
        "form": form,
        "public_id": reward_id,
        "back_url": reverse("office:reward", args=[here.merchant.slug, reward_id]),
    }
    status = 422 if form.errors else 200
    return office_page(request, here, "office/stock/codes.html", context, current="rewards", status=status)


def _show(form: CodesForm, wrong: InvalidInput, typed: list[str]) -> None:
    """Name the first codes that cannot be used, so that they can be found in the file."""
    for problem in wrong.errors[:SHOWN]:
        number = problem["field"].removeprefix("codes[").removesuffix("]")
        if number.isdecimal() and int(number) < len(typed):
            text = _("Code {n} (“{code}”): {why}")
            code = typed[int(number)][:20]
            form.add_error("codes", text.format(n=int(number) + 1, code=code, why=problem["message"]))
        else:
            form.add_error("codes", problem["message"])
    if len(wrong.errors) > SHOWN:
        form.add_error("codes", _("{n} more cannot be used, too.").format(n=len(wrong.errors) - SHOWN))


def _tell(request: HttpRequest, done: operations.Imported) -> None:
    text = ngettext("{n} code is in the pool.", "{n} codes are in the pool.", done.added)
    messages.success(request, text.format(n=formats.number(done.added)))
    if done.known:
        again = ngettext("{n} was there already.", "{n} were there already.", done.known)
        messages.info(request, again.format(n=formats.number(done.known)))


@require_POST
@require("rewards.edit")
def discard(request: HttpRequest, here: Here, reward_id: str) -> HttpResponse:
    """Throw away what nobody was given; codes that are out stay good."""
    row = _reward(reward_id)
    gone = operations.discard_codes(reward=row.pk, at=here.at)
    text = ngettext("{n} code is thrown away.", "{n} codes are thrown away.", gone)
    messages.success(request, text.format(n=formats.number(gone)))
    return sent_to(request, reverse("office:reward_codes", args=[here.merchant.slug, reward_id]))
