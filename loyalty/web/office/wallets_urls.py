"""Addresses of the wallets, below `/m/<shop>/settings/wallets/`."""

from django.urls import path

from loyalty.web.office import wallets

urlpatterns = [
    path("settings/wallets/", wallets.wallets, name="wallets"),
    path("settings/wallets/apple/", wallets.apple, name="wallets_apple"),
    path("settings/wallets/google/", wallets.google, name="wallets_google"),
    path("settings/wallets/sample.pkpass", wallets.sample, name="wallets_sample"),
    path("settings/wallets/apple/disconnect/", wallets.disconnect_apple, name="wallets_apple_disconnect"),
    path("settings/wallets/google/disconnect/", wallets.disconnect_google, name="wallets_google_disconnect"),
]
