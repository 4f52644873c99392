"""The API's addresses: version 1, its schema, its documentation, and the list of problems it can answer
with."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from analytics.api import deciding, kpis, returning
from analytics.api import value as worth
from campaigns.api import (
    automations,
    campaigning,
    challenges,
    draws,
    experiments,
    messages,
    segments,
    suggestions,
    surveys,
)
from loyalty.blueprints import api as blueprints
from loyalty.connectors.stripe import api as stripe
from loyalty.core.api import errors, events, programme, webhook_schema, webhooks
from loyalty.core.api.base import NoSuchAddress
from loyalty.core.events.kinds import families, known
from loyalty.core.webhooks.schedule import PAUSES
from loyalty.exchange import api as exchange
from loyalty.web.office.connect.snippets import LANGUAGES, verification
from members.api import routes as members
from rewards.api import routes as rewards

V1 = [
    *events.urlpatterns,
    *members.urlpatterns,
    *rewards.urlpatterns,
    *messages.urlpatterns,
    *segments.urlpatterns,
    *experiments.urlpatterns,
    *surveys.urlpatterns,
    *suggestions.urlpatterns,
    *automations.urlpatterns,
    *challenges.urlpatterns,
    *draws.urlpatterns,
    *campaigning.urlpatterns,
    *kpis.urlpatterns,
    *worth.urlpatterns,
    *returning.urlpatterns,
    *deciding.urlpatterns,
    *programme.urlpatterns,
    *webhooks.urlpatterns,
    *blueprints.urlpatterns,
    *stripe.urlpatterns,
    *exchange.urlpatterns,
]


class Generator(SchemaGenerator):
    """Version 1 only; pages and the schema's own address are not part of it."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **{**kwargs, "patterns": [path("api/v1/", include(V1))], "urlconf": None})


class SchemaView(SpectacularAPIView):
    """The OpenAPI document; public, because it holds nothing but what the documentation says."""

    generator_class = Generator
    authentication_classes: list = []
    permission_classes: list = []
    schema = None


class DocsView(SpectacularSwaggerSplitView):
    """Swagger, with its script in a file of its own, as the content security policy wants it."""

    authentication_classes: list = []
    permission_classes: list = []
    template_name = "api/docs.html"
    url_name = "api_schema"


def problems(request: HttpRequest) -> HttpResponse:
    """Every problem code with its status and sentence: what the `type` of a problem points to."""
    kinds = {
        kind.code: kind for kind in sorted(errors.kinds(), key=lambda kind: (kind.code, kind.__module__))
    }
    rows = [
        {
            "code": code,
            "status": kind.status,
            "phrase": errors.status_title(kind.status),
            "message": kind.message,
        }
        for code, kind in sorted(kinds.items())
    ]
    return render(request, "api/problems.html", {"problems": rows})


def webhooks_explained(request: HttpRequest) -> HttpResponse:
    """How webhooks are signed, verified, repeated and replayed, with every kind of event."""
    context = {
        "verification": verification(),
        "languages": LANGUAGES,
        "families": families(),
        "example": json.dumps(
            webhook_schema.example(next(k for k in known() if k.name == "points.earned")), indent=2
        ),
        "pauses": [pause.total_seconds() for pause in PAUSES],
    }
    return render(request, "api/webhooks.html", context)


urlpatterns = [
    path("v1/schema", SchemaView.as_view(), name="api_schema"),
    path("docs/", RedirectView.as_view(pattern_name="api_docs")),  # what people type
    path("docs", DocsView.as_view(), name="api_docs"),
    path("problems", problems, name="api_problems"),
    path("webhooks", webhooks_explained, name="api_webhooks"),
    path("v1/", include(V1)),
    re_path(r"^.*$", NoSuchAddress.as_view()),
]
