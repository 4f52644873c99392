"""Every address × everybody who must not get anywhere × another shop's things.

Nothing may be answered but a refusal, nothing of the victim's may change, no word of the victim's may show,
and what is another's must look like what does not exist. The addresses are found, not listed: what is added
is swept. Another shop's owner tries every address, its other people take turns; with `make prove PROVE=sweep` each of
them tries each.
"""

import os
import re
from collections import defaultdict
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator

from loyalty.core.merchants.roles import PERMISSIONS, Role
from tests.isolation import leaky
from tests.isolation.routes import Route, routes
from tests.isolation.sweep import Breach, Sweep, Visitor
from tests.isolation.victims import Shop, furnished

pytestmark = pytest.mark.django_db

SECRET = "Zephyrine"
EVERYBODY = os.environ.get("EVERY_VISITOR") == "all"


@pytest.fixture
def luna_shop(settings: Any) -> Shop:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}  # nothing is collected for a test
    cache.clear()
    return furnished("luna", secret=SECRET)


@pytest.fixture
def ottos_shop(luna_shop: Shop) -> Shop:
    return furnished("ottos", secret="Ordinary")


def intruders(luna: Shop, otto: Shop) -> list[Visitor]:
    """Everybody to whom Ana's things at Café Luna are none of their business."""
    return [
        Visitor("anonymous"),
        *(Visitor(f"other shop's {role}", otto, user=otto.users[role.value]) for role in Role),
        Visitor("other shop's member", None, user=otto.users["ana"]),
        Visitor("another member of the shop", None, insider=True, user=luna.users["ben"]),
        Visitor("other shop's API key", otto, key=otto.keys["all"]),
        Visitor("the shop's API key without scopes", None, key=luna.keys["bare"]),
        Visitor("an API key that does not exist", None, key=luna.keys["all"][:-1] + "x"),
    ]


def swept(
    sweep: Sweep, visitors: list[Visitor], addresses: list[Route], *, turns: bool = False
) -> dict[str, list[Breach]]:
    """The breaches by address. With `turns` one of those who work at the other shop tries each address beside its owner."""
    found = defaultdict(list)
    helpers = [one.name for one in visitors if turns and one.home and one.user and "owner" not in one.name]
    for number, route in enumerate(addresses):
        resting = {name for turn, name in enumerate(helpers) if turn != number % len(helpers)}
        for visitor in visitors:
            if visitor.name in resting:
                continue
            if route.is_api != bool(visitor.key) and visitor.name != "anonymous":
                continue  # a browser's session means nothing to the API, a key nothing to the pages
            for breach in sweep.visit(visitor, route):
                found[route.template].append(breach)
    return dict(found)


def test_every_address_can_be_filled() -> None:
    assert {route.template: route.unknown for route in routes() if route.unknown} == {}


@pytest.mark.slow
def test_nobody_gets_at_another_shops_things(luna_shop: Shop, ottos_shop: Shop) -> None:
    sweep = Sweep(luna_shop, secret=SECRET)
    addresses = [route for route in routes() if not route.unknown]
    breaches = swept(sweep, intruders(luna_shop, ottos_shop), addresses, turns=not EVERYBODY)
    assert [str(breach) for found in breaches.values() for breach in found] == []


def test_every_operation_of_the_api_is_swept() -> None:
    """The published schema and the addresses walked are the same."""
    assert any(route.is_api for route in routes())
    schema = SchemaGenerator().get_schema(request=None, public=True)
    published = {(re.sub(r"{(\w+)}", r"<\1>", path), method) for path, said in schema["paths"].items()
                 for method in said if method in {"get", "post", "put", "patch", "delete"}}  # fmt: skip
    walked = {(route.template, method) for route in routes() for method in route.methods}
    assert published
    assert published - walked == set()


@pytest.mark.slow
@pytest.mark.parametrize("role", list(Role))
def test_a_role_does_what_it_may_and_no_more(luna_shop: Shop, role: Role) -> None:
    """Pages say which permission they need; whoever lacks it gets 403 and changes nothing."""
    pages = [route for route in routes() if hasattr(route.view, "permission") and not route.unknown]
    sweep = Sweep(luna_shop, secret="no word is secret to the shop's own people")
    visitor = Visitor(role.value, luna_shop, user=luna_shop.users[role.value])
    wrong = []
    for route in pages:
        address = route.filled(luna_shop.ids)
        if route.view.permission in PERMISSIONS[role]:
            answer = visitor.client().get(address)
            if answer.status_code == 403 or answer.status_code >= 500:
                wrong.append(f"{route.template}: {answer.status_code}, though the role may")
            sweep.changes()  # what the role may do may leave a trace: who exported what
            continue
        statuses = {visitor.client().get(address).status_code, visitor.client().post(address).status_code}
        if 403 not in statuses or not statuses <= {403, 405}:
            wrong.append(f"{route.template}: {statuses}, though the role may not")
        wrong += [f"{route.template}: {what}" for what in sweep.changes()]
    assert wrong == []


# --- the sweep can fail -------------------------------------------------------------------------------------


def test_twin_planted_leaks_are_found_and_what_is_right_is_not(
    luna_shop: Shop, ottos_shop: Shop, settings: Any
) -> None:
    """The same sweep over a server with planted mistakes names each of them, and nothing else."""
    settings.ROOT_URLCONF = leaky.__name__
    sweep = Sweep(luna_shop, secret=SECRET)
    found = swept(sweep, intruders(luna_shop, ottos_shop), [r for r in routes() if not r.unknown])
    shown, got = "showed what is secret (answered 200)", "answered 200 for what is another's"
    two_answers = "what is absent and what is another's look different: 404 and "
    assert {address: {breach.what for breach in breaches} for address, breaches in found.items()} == {
        "/m/<slug>/unguarded/<member_id>/": {shown, got, f"{two_answers}200"},
        "/m/<slug>/unscoped/<member_id>/": {shown, got, f"{two_answers}200"},
        "/telling/<member_id>/": {f"{two_answers}403"},
        "/writing/<member_id>/": {"changed members_member"},
        "/listing/": {shown},
        "/breaking/<member_id>/": {"answered 500", "answered 500 for what is another's"},
    }
    everybody = {visitor.name for visitor in intruders(luna_shop, ottos_shop) if not visitor.key}
    assert {breach.visitor for breach in found["/m/<slug>/unguarded/<member_id>/"]} == everybody
    own_staff_only = {f"other shop's {role}" for role in Role}
    assert {breach.visitor for breach in found["/m/<slug>/unscoped/<member_id>/"]} == own_staff_only


def test_twin_an_address_nobody_can_fill_is_reported() -> None:
    unknown = {route.template: route.unknown for route in routes(leaky.__name__) if route.unknown}
    assert unknown == {"/unknown/<sort_of_thing>/": ["sort_of_thing"]}


def test_the_walk_finds_every_address() -> None:
    """Counted a second way: as many as Django's own reverse table and unnamed patterns know."""

    def leaves(patterns: list) -> int:
        return sum(leaves(p.url_patterns) if hasattr(p, "url_patterns") else 1 for p in patterns)

    assert len(routes(leaky.__name__)) == len(leaky.urlpatterns)
    assert len(routes()) <= leaves(get_resolver().url_patterns)
