"""The roof's wiring."""

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from loyalty.web import health
from loyalty.web.account import account

urlpatterns = [
    path("api/", include("loyalty.web.api")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics_page),
    path("hooks/stripe/", include("loyalty.connectors.stripe.hooks")),
    path("hooks/wallets/", include("loyalty.connectors.wallets.service")),
    path("hooks/messages/", include("loyalty.web.reports")),
    # The library's own overview of second factors gives way to ours, which also holds the log of sign-ins.
    path("accounts/2fa/", RedirectView.as_view(pattern_name="account")),
    path("accounts/you/", account, name="account"),
    # Nobody has a password and nobody signs up by themselves: staff are invited, members join a shop.
    *(
        path(f"accounts/{gone}", RedirectView.as_view(url="/accounts/login/"))
        for gone in ("signup/", "password/<path:path>")
    ),
    path("accounts/", include("allauth.urls")),
    path("pos/", include("loyalty.web.pos.urls")),
    path("", include("loyalty.web.urls")),
    path("<slug:slug>/", include("loyalty.web.portal.urls")),  # last: a shop's name can be nearly anything
]

if settings.DEMO:
    urlpatterns.insert(0, path("demo/", include("loyalty.demo.urls")))
