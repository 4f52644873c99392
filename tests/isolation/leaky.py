"""A server with mistakes of the kinds the sweep is there to find, and pages that are right beside them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from loyalty.core import ids
from loyalty.core.errors import NotFound
from loyalty.core.merchants.queries import merchant_by_slug, staff_at
from loyalty.core.tenancy.scope import SYSTEM, across_merchants, acting_for
from members.models import Member, Profile


def right(request: HttpRequest, slug: str, member_id: str) -> HttpResponse:
    """Staff of the shop see its member; everybody else sees nothing."""
    try:
        shop = merchant_by_slug(slug)
        staff_at(shop, request.user.pk or 0)
        with acting_for(shop, by=SYSTEM):
            found = Member.objects.filter(pk=ids.decode("mbr", member_id)).first()
            if found is None:
                raise Http404
            return HttpResponse(str(found.profiles.get()))
    except NotFound:
        raise Http404 from None


def unguarded(request: HttpRequest, slug: str, member_id: str) -> HttpResponse:
    """Forgets to ask who is looking."""
    try:
        with acting_for(merchant_by_slug(slug), by=SYSTEM):
            return HttpResponse(str(Profile.objects.filter(member=ids.decode("mbr", member_id)).first()))
    except NotFound:
        raise Http404 from None


def unscoped(request: HttpRequest, slug: str, member_id: str) -> HttpResponse:
    """Asks who is looking, then looks across all shops."""
    try:
        staff_at(merchant_by_slug(slug), request.user.pk or 0)
        with across_merchants("a mistake, on purpose"):
            found = Profile.objects.filter(member=ids.decode("mbr", member_id)).first()
    except NotFound:
        raise Http404 from None
    if found is None:
        raise Http404
    return HttpResponse(str(found))


def telling(request: HttpRequest, member_id: str) -> HttpResponse:
    """Refuses, but differently when the member exists."""
    with across_merchants("a mistake, on purpose"):
        known = Member.objects.filter(pk=ids.decode("mbr", member_id)).exists()
    return HttpResponse(status=403 if known else 404)


def writing(request: HttpRequest, member_id: str) -> HttpResponse:
    """Answers 404 as it should, after it has changed the row."""
    with across_merchants("a mistake, on purpose"):
        Member.objects.filter(pk=ids.decode("mbr", member_id)).update(channel="leaked")
    return HttpResponse(status=404)


def listing(request: HttpRequest) -> HttpResponse:
    """Has no parameter at all, and shows everybody's members."""
    with across_merchants("a mistake, on purpose"):
        return HttpResponse(", ".join(str(row) for row in Profile.objects.all()))


def breaking(request: HttpRequest, member_id: str) -> HttpResponse:
    """Fails on what it does not expect."""
    raise ZeroDivisionError


urlpatterns = [
    path("m/<slug:slug>/right/<str:member_id>/", right),
    path("m/<slug:slug>/unguarded/<str:member_id>/", unguarded),
    path("m/<slug:slug>/unscoped/<str:member_id>/", unscoped),
    path("telling/<str:member_id>/", telling),
    path("writing/<str:member_id>/", writing),
    path("listing/", listing),
    path("breaking/<str:member_id>/", breaking),
    path("unknown/<str:sort_of_thing>/", listing),
]
