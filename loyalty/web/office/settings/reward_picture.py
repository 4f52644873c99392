"""The picture of a reward: one of the shop's own, or one drawn here in the shop's colour."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.pictures.encoding import MAX_BYTES
from loyalty.core.pictures.models import Picture
from loyalty.core.pictures.operations import keep_drawing, keep_picture
from loyalty.core.pictures.queries import address
from loyalty.web.drawing import MOTIFS, drawn
from loyalty.web.office.frame import office_page
from loyalty.web.office.rewards import name_of
from rewards.models import Reward
from rewards.operations.catalogue import picture_reward
from rewards.queries import catalogue


class RewardPictureForm(forms.Form):
    picture = forms.FileField(
        label=gettext_lazy("A picture of your own"),
        required=False,
        help_text=gettext_lazy("PNG, JPEG or WebP, at most 5 MB. It is made smaller for you."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    motif = forms.ChoiceField(
        label=gettext_lazy("Or one of ours, in your colour"),
        required=False,
        choices=[(name, title) for name, (_paint, title) in MOTIFS.items()],
        widget=forms.RadioSelect,
    )

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        data = super().clean() or {}
        if not self.errors and not data.get("picture") and not data.get("motif"):
            self.add_error(None, _("Choose a file or one of the drawings."))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
@require("rewards.edit")
def change(request: HttpRequest, here: Here, reward_id: str) -> HttpResponse:
    """Give a reward another picture, or none (`remove`)."""
    row = catalogue.reward(ids.decode("rwd", reward_id))
    back = reverse("office:reward", args=[here.merchant.slug, reward_id])
    if request.method == "POST" and "remove" in request.POST:
        picture_reward(reward=row.pk, picture=None, at=here.at)
        messages.success(request, _("The picture is gone."))
        return sent_to(request, back)
    form = RewardPictureForm(request.POST, request.FILES) if request.method == "POST" else RewardPictureForm()
    if request.method == "POST" and form.is_valid():
        try:
            picture_reward(reward=row.pk, picture=_kept(form, here).pk, at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            messages.success(request, _("Members see the new picture from now on."))
            return sent_to(request, back)
    context = {**_shown(row, here), "form": form, "back_url": back, "public_id": reward_id}
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/settings/reward_picture.html", context, current="rewards", status=status
    )


def _kept(form: RewardPictureForm, here: Here) -> Picture:
    file = form.cleaned_data["picture"]
    if file is None:
        return keep_drawing(drawing=drawn(form.cleaned_data["motif"], here.merchant.brand_colour), at=here.at)
    return keep_picture(data=file.read(MAX_BYTES + 1), name=file.name or "", at=here.at)


def _shown(row: Reward, here: Here) -> dict[str, Any]:
    return {"name": name_of(row), "picture_url": address(here.merchant.slug, row.picture_id)}
