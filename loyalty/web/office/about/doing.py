"""What staff do for a member: hand them a reward, note something they did."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.about.forms import ActivityForm, GiveForm
from loyalty.web.office.about.page import asked, row_of
from loyalty.web.office.frame import words
from loyalty.web.office.joining import page_of
from loyalty.web.office.lists import once_key
from loyalty.web.office.rewards import name_of
from members.operations.activities import record_activity
from members.rules.doing import NewActivity
from members.rules.moderation import Proof
from members.rules.shopping import MemberRef
from rewards.operations.by_hand import give_reward
from rewards.queries import catalogue
from rewards.rules.kinds import KINDS

SOURCE = "office"


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.adjust")
def give(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Hand a reward for nothing."""
    row = row_of(member_id)
    gifts = [
        (ids.encode("rwd", one.pk), name_of(one))
        for one in catalogue.rewards()
        if not KINDS[one.kind].booked and not KINDS[one.kind].at_checkout
    ]
    form = GiveForm(request.POST if request.method == "POST" else None, rewards=gifts)
    if request.method == "POST" and form.is_valid():
        key = once_key(request)
        try:
            give_reward(
                member=row.member.pk,
                reward=form.chosen(),
                reason=form.cleaned_data["reason"],
                key=key,
                at=here.at,
            )
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Given. The code is in the member’s portal."))
            return sent_to(request, page_of(here, row.member.pk))
    empty = "" if gifts else _("There is no reward that can be given away. Make one first.")
    return asked(
        request, here, row, form, title=_("Give a reward"), url=request.path, do=_("Give it"),
        note=empty or _("It costs the member nothing, and its code is good at once."),
        stops=bool(empty), way_out=reverse("office:rewards", args=[here.merchant.slug]),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@require("work.decide")
def activity(request: HttpRequest, here: Here, member_id: str) -> HttpResponse:
    """Note something a member did; the programme's rules decide what it gives."""
    row = row_of(member_id)
    form = ActivityForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            done = record_activity(
                activity=_new(form, request, here, ids.encode("mbr", row.member.pk)), at=here.at
            )
        except DomainError as error:
            show_errors(form, error, {"proof.text": "proof", "proof.link": "proof", "properties": "note"})
        else:
            if done.status == "waiting":
                messages.info(request, _("Noted. It waits under Work until somebody has looked at it."))
            else:
                text = _("Noted: {points} given.").format(points=formats.points(done.points, words()))
                messages.success(request, text)
            return sent_to(request, page_of(here, row.member.pk))
    return asked(
        request, here, row, form, title=_("Note an activity"), url=request.path, do=_("Note it"),
        note=_("What it gives is up to your programme’s rules, exactly as if a system had told it."),
    )  # fmt: skip


def _new(form: ActivityForm, request: HttpRequest, here: Here, member: str) -> NewActivity:
    proof, note = form.cleaned_data["proof"].strip(), form.cleaned_data["note"].strip()
    is_link = proof.startswith(("https://", "http://"))
    key = once_key(request)
    return NewActivity(
        external_id=f"office-{key}", kind=form.named(), happened_at=here.at, member=MemberRef(id=member),
        source=SOURCE, properties={"note": note} if note else {}, channel="office",
        proof=Proof(link=proof if is_link else "", text="" if is_link else proof) if proof else None,
    )  # fmt: skip
