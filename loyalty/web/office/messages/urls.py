"""Addresses of messages, below `/m/<shop>/messages/`."""

from django.urls import path

from loyalty.web.office.messages import hours, kinds, log, newsletters, preview, suppressed

urlpatterns = [
    path("messages/", kinds.messages, name="messages"),
    path("messages/hours/", hours.hours, name="message_hours"),
    path("messages/log/", log.sent, name="message_log"),
    path("messages/outbox/<str:message_id>/", log.outbox, name="message_outbox"),
    path("messages/outbox/<str:message_id>/seen/", preview.of_message, name="message_seen"),
    path("messages/suppressed/", suppressed.suppressed, name="suppressed"),
    path("messages/suppressed/<str:suppression_id>/lift/", suppressed.lift, name="suppressed_lift"),
    path("messages/newsletters/", newsletters.newsletters, name="newsletters"),
    path("messages/newsletters/new/", newsletters.create, name="newsletter_new"),
    path("messages/newsletters/<str:newsletter_id>/", newsletters.newsletter, name="newsletter"),
    path("messages/newsletters/<str:newsletter_id>/seen/", preview.of_newsletter, name="newsletter_seen"),
    path("messages/newsletters/<str:newsletter_id>/test/", newsletters.test, name="newsletter_test"),
    path(
        "messages/newsletters/<str:newsletter_id>/schedule/", newsletters.schedule, name="newsletter_schedule"
    ),
    path("messages/newsletters/<str:newsletter_id>/cancel/", newsletters.cancel, name="newsletter_cancel"),
    path("messages/of/<slug:message_kind>/", kinds.kind, name="message_kind"),
    path("messages/of/<slug:message_kind>/switch/", kinds.switch, name="message_switch"),
    path("messages/of/<slug:message_kind>/seen/", preview.of_kind, name="message_preview"),
    path("messages/of/<slug:message_kind>/test/", kinds.test, name="message_test"),
]
