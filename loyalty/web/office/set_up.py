"""The guided set-up: six questions between a new owner and a programme to try. Every answer is kept as it is given, so
the set-up can be left and continued; nothing but the shop's name has to be answered.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import clock
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.pages import render_page, said, sent_to, show_errors, signed_out
from loyalty.setup import operations, queries
from loyalty.setup.answers import SKIPPABLE, STEPS, Answers
from loyalty.setup.costing import Cost, costs, usual_basket
from loyalty.setup.places import zone_of
from loyalty.setup.readiness import nearest
from loyalty.setup.tailoring import Tailored, advice, chosen, tailored, words_of
from loyalty.web import brand
from loyalty.web.office.forms.set_up import FORMS, OwnerForm, ProgrammeForm, StepForm
from loyalty.web.office.frame import language_of
from loyalty.web.office.phone import Shown, phone
from loyalty.web.office.setup_words import GOALS, because, far
from loyalty.web.office.setup_words import STEPS as WORDS

RECOMMENDED = 3
PAGES = {
    "goal": "office/start/goal.html",
    "customers": "office/start/customers.html",
    "programme": "office/start/programme.html",
    "numbers": "office/start/numbers.html",
    "shop": "office/start/shop.html",
    "launch": "office/start/launch.html",
}
View = Callable[..., HttpResponse]


def opener(view: View) -> View:
    """Decorate a view for people who may open a shop on this server. Others are sent to sign in, or get 403."""

    @wraps(view)
    @never_cache
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated or request.user.pk is None:
            return signed_out(request)
        if not queries.may_open_shops(request.user):
            raise PermissionDenied
        return view(request, **kwargs)

    return page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create_owner(request: HttpRequest, key: str) -> HttpResponse:
    """Follow the one-time link of a server that nobody owns, and become its owner."""
    at = clock.now()
    if not queries.link_stands(key, at=at):
        return render_page(request, "office/start/link_gone.html", status=404)
    form = OwnerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = operations.create_owner(token=key, email=form.cleaned_data["email"], at=at)
        except operations.LinkGone:
            return render_page(request, "office/start/link_gone.html", status=404)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(
                request, _("{email} owns this server now. Sign in to go on.").format(email=user.email)
            )
            return sent_to(request, f"{reverse('account_login')}?next={reverse('start')}")
    context = {"form": form, "delivers_mail": queries.delivers_mail()}
    status = 422 if form.errors else 200
    return render_page(request, "office/start/owner.html", context, status=status)


def _answers(request: HttpRequest) -> tuple[Answers, UUID | None]:
    """What this person has answered so far, and the sketch it is kept in, if they have begun."""
    row = queries.sketch(_user(request))
    accepted = request.headers.get("Accept-Language", "")
    found = queries.answers_of(row, accepted=accepted, language=language_of(get_language()))
    return found, row.pk if row else None


def _user(request: HttpRequest) -> int:
    if request.user.pk is None:
        raise PermissionDenied
    return request.user.pk


@require_safe
@opener
def begin(request: HttpRequest) -> HttpResponse:
    """Go on where one has left."""
    answers, _sketch = _answers(request)
    return sent_to(request, reverse(f"start_{answers.next_step}"))


@require_POST
@opener
def anew(request: HttpRequest) -> HttpResponse:
    """Throw the answers away and begin again."""
    operations.drop_sketch(user=_user(request))
    return sent_to(request, reverse(f"start_{STEPS[0]}"))


@require_http_methods(["GET", "HEAD", "POST"])
@opener
def step(request: HttpRequest, step: str) -> HttpResponse:
    """One question. A GET with fields previews what they would mean and keeps nothing."""
    answers, sketch = _answers(request)
    at = clock.now()
    if request.method == "POST":
        return _answered(request, step, answers, sketch)
    looking = "look" in request.GET
    form = FORMS[step](request.GET if looking else None, answers=answers, at=at)
    meant = form.made if looking and form.is_valid() and form.made else answers
    return _page(request, step, form, meant, looking=looking, sketch=sketch)


def _answered(request: HttpRequest, step: str, answers: Answers, sketch: UUID | None) -> HttpResponse:
    go, at = request.POST.get("go", ""), clock.now()
    if step == STEPS[-1] and go != "back" and (opened := _opened_before(request)) is not None:
        return _arrived(request, opened)
    if go == "skip" and step in SKIPPABLE:
        operations.keep_answers(user=_user(request), answers=answers.with_done(step), at=at)
        return sent_to(request, _beside(step, 1))
    form = FORMS[step](request.POST, answers=answers, at=at)
    if form.is_valid() and form.made is not None:
        made = form.made if go == "back" else form.made.with_done(step)
        row = operations.keep_answers(user=_user(request), answers=made, at=at)
        if step == STEPS[-1] and go != "back":
            return _open(request, row.pk, made)
        return sent_to(request, _beside(step, -1 if go == "back" else 1))
    if go == "back":
        return sent_to(request, _beside(step, -1))
    return _page(request, step, form, answers, looking=False, sketch=sketch)


def _beside(step: str, by: int) -> str:
    """The address of the step before or after."""
    place = min(max(STEPS.index(step) + by, 0), len(STEPS) - 1)
    return reverse(f"start_{STEPS[place]}")


def _opened_before(request: HttpRequest) -> Merchant | None:
    """The shop that this very form has opened already: pressing twice is once."""
    try:
        row = queries.sketch_of(UUID(request.POST.get("sketch", "")), user=_user(request))
    except (ValueError, NotFound):
        return None
    return row.opened


def _open(request: HttpRequest, sketch: UUID, answers: Answers) -> HttpResponse:
    """The end: open the shop, and land in its test sibling."""
    if not answers.shop.name:
        messages.info(request, _("Give your shop a name first."))
        return sent_to(request, reverse("start_shop"))
    try:
        live = operations.open_shop(sketch=sketch, user=_user(request), answers=answers, at=clock.now())
    except DomainError as error:
        messages.error(request, said(error))
        return sent_to(request, reverse("start_shop"))
    messages.success(request, _("Your test shop is open. Nothing you do here reaches real members."))
    return _arrived(request, live)


def _arrived(request: HttpRequest, live: Merchant) -> HttpResponse:
    return sent_to(request, reverse("office:overview", args=[live.sandbox.slug]))


def cost_of(answers: Answers, found: Tailored) -> Cost:
    """What the drafted programme gives back, on the purchases the shop says it has."""
    said = answers.customers
    basket = said.average_minor or usual_basket(said.currency)
    return costs(
        found.parsed(), found.offers(), basket_minor=basket, month_spent_minor=basket * said.purchases_month,
        currency=said.currency, zone=_zone(answers), at=clock.now(),
    )  # fmt: skip


def _zone(answers: Answers) -> str:
    return answers.shop.timezone or zone_of(answers.customers.country)


def _preview(answers: Answers) -> dict[str, Any]:
    """The phone and the cost of what is drafted."""
    at = clock.now()
    found = tailored(answers, at=at)
    cost, parsed, offers = cost_of(answers, found), found.parsed(), found.offers()
    shown = Shown(
        answers.shop.name or _("Your shop"), found.language, answers.shop.colour or brand.HOUSE_COLOUR,
        answers.customers.currency, _zone(answers),
    )  # fmt: skip
    return {
        "words": dict(words_of(found)),
        "phone": phone(parsed, offers, cost, shown, at=at),
        "cost": cost,
        "currency": answers.customers.currency,
        "purchases": answers.customers.purchases_month,
        "soon": far(nearest(parsed, offers, cost)),
        "blueprint_name": found.blueprint.said(language_of(get_language())).name,
    }


def _page(
    request: HttpRequest, step: str, form: StepForm, answers: Answers, *, looking: bool, sketch: UUID | None
) -> HttpResponse:
    label, title, lead = WORDS[step]
    place = STEPS.index(step)
    context = {
        "form": form, "step": step, "label": label, "title": title, "lead": lead, "number": place + 1, "of": len(STEPS),
        "steps": [{"label": WORDS[one][0], "url": reverse(f"start_{one}"), "current": one == step,
                   "done": one in answers.done} for one in STEPS],
        "is_first": place == 0, "is_last": step == STEPS[-1], "may_skip": step in SKIPPABLE,
        "sketch": sketch, "begun": bool(answers.done), "currency": answers.customers.currency,
        **_preview(answers), **(_choice(form, answers) if isinstance(form, ProgrammeForm) else {}),
        **({"goals": _goals(form)} if step == "goal" else {}),
        "summary": _summary(answers) if step == STEPS[-1] else [],
    }  # fmt: skip
    htmx = getattr(request, "htmx", None)
    if looking and htmx and not htmx.history_restore_request:
        return render_page(request, "office/start/preview.html", context)
    status = 422 if form.errors and not looking else 200
    return render_page(request, PAGES[step], context, status=status)


def _goals(form: StepForm) -> list[dict[str, Any]]:
    chosen_one = str(form["first"].value() or "")
    return [
        {"value": goal.value, "icon": icon, "title": title, "text": text, "checked": goal.value == chosen_one}
        for goal, (icon, title, text) in GOALS.items()
    ]


def _choice(form: StepForm, answers: Answers) -> dict[str, Any]:
    """The blueprints as the page offers them: the few that fit best, then the others."""
    language, wanted = language_of(get_language()), str(form["blueprint"].value() or "")
    picks = []
    for one in advice(answers):
        for_it, lacks = because(one)
        texts = one.blueprint.said(language)
        picks.append({"value": one.blueprint.id, "name": texts.name, "promise": texts.promise, "fits": texts.fits,
                      "because": for_it, "lacks": lacks, "checked": one.blueprint.id == wanted})  # fmt: skip
    first, rest = picks[:RECOMMENDED], picks[RECOMMENDED:]
    return {"recommended": first, "others": rest, "open_others": any(one["checked"] for one in rest)}


def _summary(answers: Answers) -> list[dict[str, str]]:
    """What will be opened, line by line, each with the way back to its question."""
    language = language_of(get_language())
    slug = answers.shop.slug
    lines = [
        ("goal", _("Goal"), ", ".join(str(GOALS[goal][1]) for goal in answers.wishes.goals)),
        ("programme", _("Programme"), chosen(answers).said(language).name),
        ("shop", _("Shop"), answers.shop.name or _("no name yet")),
        *([("shop", _("Address"), f"/{slug}/")] if slug else []),
        ("customers", _("Money and time"), f"{answers.customers.currency} · {_zone(answers)}"),
    ]
    return [{"label": label, "value": value, "url": reverse(f"start_{name}")} for name, label, value in lines]
