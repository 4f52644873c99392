"""Going live: what stops, what has to be confirmed, what is recommended, what would change, and the one button."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import permissions, staff_at
from loyalty.core.pages import Here, require, sent_to
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.setup import operations
from loyalty.setup.readiness import Readiness, Weight, nearest, readiness
from loyalty.web.office.checklist import pair
from loyalty.web.office.frame import language_of, office_page, words
from loyalty.web.office.setup_words import far, finding
from loyalty.web.office.words import earning_sentences, life_sentences
from rewards.queries.telling import named

WHAT = {
    "made": (gettext_lazy("new"), "good"),
    "changed": (gettext_lazy("changed"), "info"),
    "retired": (gettext_lazy("no longer offered"), ""),
    "restored": (gettext_lazy("offered again"), "warn"),
}


def _shops(request: HttpRequest, here: Here) -> tuple[Merchant, Merchant]:
    """The live shop and its test shop, for somebody who may publish at both."""
    live, test = pair(here)
    if live is None or test is None or request.user.pk is None:
        raise NotFound("test shop")
    other = live if here.merchant == test else test
    if "programme.publish" not in permissions(staff_at(other, request.user.pk)):
        raise PermissionDenied
    return live, test


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.publish")
def page(request: HttpRequest, here: Here) -> HttpResponse:
    """Look before, then take the programme and the rewards of the test shop live."""
    live, test = _shops(request, here)
    refused = False
    if request.method == "POST":
        try:
            taken = _take(request, live, test, here)
        except operations.NotReady as error:
            messages.error(request, str(error))
            refused = True
        else:
            if taken.programme or taken.made or taken.changed:
                messages.success(
                    request, _("“{shop}” is live. Members can join from now on.").format(shop=live.name)
                )
            else:
                messages.info(request, _("Nothing had changed: the live shop offers all of it already."))
            return sent_to(request, reverse("office:overview", args=[live.slug]))
    found = readiness(sandbox=test, live=live, at=here.at)
    context = _told(found, here, live, test, frozenset(request.POST.getlist("confirmed")))
    status = 422 if refused else 200
    return office_page(request, here, "office/setup/go_live.html", context, current="overview", status=status)


def _take(request: HttpRequest, live: Merchant, test: Merchant, here: Here) -> operations.Taken:
    """In the live shop's books stands the person as the live shop knows them."""
    if request.user.pk is None:
        raise PermissionDenied
    row = staff_at(live, request.user.pk)
    with acting_for(live, by=Actor("staff", str(row.pk), row.role)):
        return operations.take_live(
            sandbox=test, live=live, at=here.at, confirmed=request.POST.getlist("confirmed")
        )


def _told(
    found: Readiness, here: Here, live: Merchant, test: Merchant, confirmed: frozenset[str]
) -> dict[str, Any]:
    with acting_for(test, by=scope.actor()):
        said = words()
        context: dict[str, Any] = {"words": said}
        if found.programme is not None:
            context |= {
                "earning": earning_sentences(found.programme["earning"], live.currency, said),
                "life": life_sentences(found.programme["points_life"], said),
                "programme_name": found.programme["identity"].named(language_of(live.language), live.name),
            }
    soon = far(nearest(found.programme, found.offered, found.cost)) if found.programme and found.cost else ""
    lists = {weight.value: [finding(one, here) for one in found.of(weight)] for weight in Weight}
    for one in lists["confirm"]:
        one["checked"] = one["code"] in confirmed
    return context | {
        "stops": lists["stops"], "confirm": lists["confirm"], "advice": lists["advice"],
        "changes": [
            {"name": named(one.reward), "what": WHAT[one.what][0], "badge": WHAT[one.what][1],
             "cost": one.reward.cost_points}
            for one in found.changes
        ],
        "number": found.number, "programme_changes": found.programme_changes, "anything": found.anything,
        "cost": found.cost, "live": live, "test": test,
        "soon": soon,
    }  # fmt: skip
