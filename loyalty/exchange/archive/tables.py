"""Which tables a shop consists of, in an order in which each refers only to those before it, and what is left out.

Found through the models and not listed by hand: a table that is added belongs to the archive from that day on, unless
somebody writes down here why not.
"""

from typing import Any

from django.apps import apps
from django.db.models import F, Field, Model

from loyalty.core.merchants.models import Merchant

APPS = (
    "merchants",
    "pictures",
    "programme",
    "members",
    "rewards",
    "campaigns",
    "analytics",
    "ledger",
    "events",
)
LEFT_OUT = {
    "merchants.Staff": "people sign in with accounts of the server, and are invited where they are to work",
    "merchants.ApiKey": "a secret that leaves the server is none",
    "ledger.Seal": "a seal proves the book it was put on; the new book gets its own",
    "events.Reaction": "what was to follow from an event has followed where it happened",
    "members.Partnership": "an agreement has a second side, which is not in the archive",
    "members.CardLink": "links a card with one of a partner’s",
    "members.LinkCode": "is good for a day, at a partner of the old shop",
    "members.SettlementEntry": "is one of a pair; the other is the partner’s",
    "members.JoinTrace": "a hash with the key of the old shop, which recognises nobody here",
    "members.ReferralVisit": "a hash that is kept for a day",
    "campaigns.Message": "what waits is sent from where it was planned, once",
    "campaigns.Newsletter": "goes out from where it was written, once",
    "campaigns.Rehearsal": "can be made again, on the past that is in the archive",
    "campaigns.RehearsedMember": "belongs to a rehearsal",
    "campaigns.Draw": "its seed is a secret until it is held, and it is held where it was promised",
    "campaigns.DrawWinner": "belongs to a draw",
    "analytics.Fact": "sums that are made anew from what the archive holds",
    "analytics.Stale": "says which sums to make anew",
    "analytics.Mark": "says how far sums have heard",
    "analytics.ValueFit": "is worked out anew in the first night",
    "analytics.Advice": "is given anew where figures give cause to, and names segments of the old shop",
    "analytics.MemberValue": "is worked out anew in the first night",
    "campaigns.ProductLink": "worked out anew each night from the orders in the archive",
    "campaigns.KnownProduct": "worked out anew each night from the orders in the archive",
    "campaigns.SuggestionNight": "worked out anew each night from the orders in the archive",
    "campaigns.AutomationRun": "goes on where it began, once",
    "campaigns.AutomationSpark": "is looked at where it happened",
    "campaigns.AutomationStep": "belongs to a run",
    "campaigns.GameLook": "what waits to be looked at is looked at where it happened",
    "campaigns.InstantWin": "its seed is a secret until it has ended, and it is played where it was promised",
    "campaigns.InstantPlay": "belongs to an instant win",
    "campaigns.Suppression": "a digest with the key of the old server, which recognises no address here",
}
"""Tables of these apps that are not in an archive, and why."""
OTHER_APPS = {
    "api": "answers to keys that are not in the archive",
    "jobs": "work and files of this server, forgotten after 30 days",
    "exchange": "what came of files that are not in the archive",
    "setup": "how far somebody has come in setting the shop up",
    "stripe": "keys of a payment service",
    "wallets": "certificates of the shop’s, and cards that phones fetch from this server",
    "tills": "devices that are paired with this server, and PINs",
    "webhooks": "addresses of other systems with secrets shared with them",
    "widget": "sites that show this server's widget, and the secret shared with them",
}
"""Apps with tables of merchants' that are not in an archive at all, and why."""


def of_merchants(model: type[Model]) -> bool:
    """Whether a table belongs to merchants."""
    return any(field.attname == "merchant_id" for field in model._meta.concrete_fields)


def tables() -> list[type[Model]]:
    """The models of an archive, each after those it refers to."""
    left = {
        model._meta.label: model
        for name in APPS
        for model in apps.get_app_config(name).get_models()
        if of_merchants(model) and model._meta.label not in LEFT_OUT
    }
    found: list[type[Model]] = []
    while left:
        free = [label for label, model in left.items() if not (_refers_to(model) & left.keys()) - {label}]
        if not free:
            raise RuntimeError(f"these tables refer to each other in a ring: {sorted(left)}")
        found += [left.pop(label) for label in sorted(free)]
    return found


def _refers_to(model: type[Model]) -> set[str]:
    return {
        field.related_model._meta.label
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is not None
    }


def fields(model: type[Model]) -> list[Field]:
    """The columns of an archive: everything but whose it is, what the database works out, accounts of the server, and
    numbers of the server's own sequence."""
    return [field for field in model._meta.concrete_fields if _is_kept(model, field)]


def _is_kept(model: type[Model], field: Any) -> bool:
    if field.attname == "merchant_id" or field.generated or field.has_db_default():
        return False
    if model._meta.label == "events.Event" and field.primary_key:
        return False
    if field.is_relation:
        to = field.related_model
        return to is not Merchant and of_merchants(to)
    return True


def ordered(model: type[Model]) -> Any:
    """All rows of the shop, in an order in which rows refer only to those before them."""
    own = [
        F(field.attname).asc(nulls_first=True)
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is model
    ]
    return model._default_manager.order_by(*own, "pk")
