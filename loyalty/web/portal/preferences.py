"""What I want to hear: chosen on my card, or stopped by the link in a mail, without signing in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.operations.preferences import choose, wanted
from campaigns.queries.tokens import Holder, holder
from campaigns.queries.words import TOPICS
from campaigns.rules.kinds import OPTIONAL
from loyalty.core.errors import DomainError
from loyalty.core.pages import sent_to
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.web.portal.frame import Card, Shop, card_page, portal_page, shop_page


class TopicsForm(forms.Form):
    """A tick for each topic."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for topic in OPTIONAL:
            label, note = TOPICS[topic]
            self.fields[topic.value] = forms.BooleanField(label=label, help_text=note, required=False)

    @property
    def topics(self) -> list[forms.BoundField]:
        """The fields in their order."""
        return [self[topic.value] for topic in OPTIONAL]


@require_http_methods(["GET", "HEAD", "POST"])
@card_page(proven=True)
def preferences(request: HttpRequest, card: Card) -> HttpResponse:
    """The preference centre: a yes or no for each topic."""
    form = TopicsForm(
        request.POST if request.method == "POST" else None, initial=dict(wanted(member=card.member_id).topics)
    )
    if request.method == "POST" and form.is_valid():
        choose(member=card.member_id, topics=form.cleaned_data, at=card.at, source="portal")
        messages.success(request, _("Saved. You hear only what you chose."))
        return sent_to(request, card.url("preferences"))
    context = {"form": form, "email": card.row.identities.get("email", "")}
    return portal_page(request, card, "portal/messages/preferences.html", context, current="profile")


# Mail programs press the button themselves, with no cookie of ours (RFC 8058): the link is what proves it.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@shop_page
def unsubscribe(request: HttpRequest, shop: Shop, token: str) -> HttpResponse:
    """Looking changes nothing, for mail scanners follow every link; sending the form stops the topic of the mail it
    came from, at once and without asking who one is."""
    with acting_for(shop.merchant, by=Actor("visitor")):
        found = holder(token)
    if found is None:
        return _shown(request, shop, None, done=False, status=404)
    if request.method != "POST":
        return _shown(request, shop, found, done=False)
    with acting_for(shop.merchant, by=Actor("member", str(found.member))):
        try:
            choose(member=found.member, topics={found.topic: False}, at=shop.at, source="unsubscribe")
        except DomainError:
            # Who is no member any more is written nothing anyway: what they asked for is so.
            pass
    return _shown(request, shop, found, done=True)


def _shown(
    request: HttpRequest, shop: Shop, found: Holder | None, *, done: bool, status: int = 200
) -> HttpResponse:
    topic = next((one for one in OPTIONAL if found and one.value == found.topic), None)
    if found is not None and topic is None:
        raise Http404
    label, note = TOPICS[topic] if topic else ("", "")
    context = {"known": found is not None, "done": done, "label": label, "note": note}
    with acting_for(shop.merchant, by=Actor("visitor")):
        return portal_page(request, shop, "portal/messages/unsubscribe.html", context, status=status)
