"""Addresses of Connect, below `/m/<shop>/connect/`; the keys' own stand in the dashboard's list."""

from django.urls import path

from loyalty.web.office.connect import deliveries, quickstart, rolling, webhooks

urlpatterns = [
    path("quickstart/", quickstart.quickstart, name="quickstart"),
    path("<uuid:key_id>/roll/", rolling.roll_key, name="key_roll"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/new/", webhooks.create, name="webhook_new"),
    path("webhooks/deliveries/<str:delivery_id>/", deliveries.delivery, name="delivery"),
    path("webhooks/deliveries/<str:delivery_id>/resend/", deliveries.resend, name="delivery_resend"),
    path("webhooks/<str:endpoint_id>/", webhooks.webhook, name="webhook"),
    path("webhooks/<str:endpoint_id>/edit/", webhooks.edit, name="webhook_edit"),
    path("webhooks/<str:endpoint_id>/test/", webhooks.test, name="webhook_test"),
    path("webhooks/<str:endpoint_id>/pause/", webhooks.pause, name="webhook_pause"),
    path("webhooks/<str:endpoint_id>/resume/", webhooks.resume, name="webhook_resume"),
    path("webhooks/<str:endpoint_id>/resend/", webhooks.resend_failed, name="webhook_resend"),
    path("webhooks/<str:endpoint_id>/roll/", rolling.roll_secret, name="webhook_roll"),
    path("webhooks/<str:endpoint_id>/remove/", webhooks.remove, name="webhook_remove"),
]
