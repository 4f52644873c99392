"""Addresses of the widget's set-up, below `/m/<shop>/connect/widget/`."""

from django.urls import path

from loyalty.web.office.widget import pages

urlpatterns = [
    path("connect/widget/", pages.widget, name="widget"),
    path("connect/widget/sites/<uuid:site_id>/remove/", pages.remove_site, name="widget_site_remove"),
    path("connect/widget/secret/", pages.make_secret, name="widget_secret"),
    path("connect/widget/secret/roll/", pages.roll_secret, name="widget_secret_roll"),
]
