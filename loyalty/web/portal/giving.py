"""Give points to another member, whose card's code one has been told."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loyalty.core import formats
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.money import MAX_POINTS
from loyalty.core.pages import sent_form_key, sent_to, show_errors
from loyalty.web.portal.frame import Card, card_page, portal_page, words
from loyalty.web.programme_words import sharing_sentences
from members.models import PointsTransfer
from members.operations.transfers import give_points
from members.queries import directory, sharing
from members.queries.why import voice_of_scope
from members.rules.sharing import Sharing

GIFTS = 10


class GiveForm(forms.Form):
    """To whom and how many. A card's code is what only its owner can have told."""

    receiver = forms.CharField(
        max_length=40,
        label=gettext_lazy("Code of their card"),
        help_text=gettext_lazy("They find it on their card, below the square pattern."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    amount = forms.IntegerField(
        min_value=1,
        max_value=MAX_POINTS,
        label=gettext_lazy("How many"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@card_page(proven=True)
def give(request: HttpRequest, card: Card) -> HttpResponse:
    """Give, once for each time the page was shown; and what was given before."""
    terms = sharing.in_force()
    if not terms.transfers.on:
        raise NotFound("transfers")
    form = GiveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _given(request, card, form):
        return sent_to(request, card.url("give"))
    only = Sharing(transfers=terms.transfers)
    context: dict[str, Any] = {
        "form": form,
        "terms": sharing_sentences(only, voice_of_scope(plain=True)),
        "gifts": _gifts(card),
    }
    status = 422 if form.errors else 200
    return portal_page(request, card, "portal/give.html", context, current="profile", status=status)


def _given(request: HttpRequest, card: Card, form: GiveForm) -> bool:
    key = sent_form_key(request)
    if not key:
        form.add_error(None, _("This page is too old. Send it again."))
        return False
    try:
        receiver = directory.by_identity("card", form.cleaned_data["receiver"])
        made = give_points(
            giver=card.member_id, receiver=receiver.pk, amount=form.cleaned_data["amount"],
            key=f"portal:{card.member_id}:{key}", at=card.at,
        )  # fmt: skip
    except NotFound:
        form.add_error("receiver", _("Nobody here has this card. Check the code."))
        return False
    except DomainError as error:
        show_errors(form, error)
        return False
    text = _("{points} are on their card now.")
    messages.success(request, text.format(points=formats.points(made.transfer.amount, words())))
    return True


def _gifts(card: Card) -> list[dict[str, Any]]:
    rows = sharing.transfers(card.member_id).filter(kind=PointsTransfer.Kind.GIFT).order_by("-happened_at")
    return [
        {
            "at": row.happened_at, "gave": row.giver_id == card.member_id,
            "amount": -row.amount if row.giver_id == card.member_id else row.amount, "undone": row.undone,
        }
        for row in rows[:GIFTS]
    ]  # fmt: skip
