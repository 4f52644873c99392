"""Addresses of campaigns, below `/m/<shop>/campaigns/`."""

from django.urls import path

from loyalty.web.office.campaigning import build, doing, pages, rows

urlpatterns = [
    path("", pages.campaigns, name="campaigns"),
    path("calendar/", pages.calendar, name="campaign_calendar"),
    path("limits/", doing.limits, name="campaign_limits"),
    path("new/", build.create, name="campaign_new"),
    path("<str:campaign_id>/", pages.campaign, name="campaign"),
    path("<str:campaign_id>/edit/", build.edit, name="campaign_edit"),
    path("<str:campaign_id>/launch/", doing.launch, name="campaign_launch"),
    path("<str:campaign_id>/approve/", doing.approve, name="campaign_approve"),
    path("<str:campaign_id>/refuse/", doing.refuse, name="campaign_refuse"),
    path("<str:campaign_id>/pause/", doing.pause, name="campaign_pause"),
    path("<str:campaign_id>/end/", doing.end, name="campaign_end"),
    path("<str:campaign_id>/copy/", doing.copy, name="campaign_copy"),
    path("<str:campaign_id>/remove/", doing.remove, name="campaign_remove"),
    path("<str:campaign_id>/rehearse/", doing.rehearse, name="campaign_rehearse"),
    path("<str:campaign_id>/orders/", rows.orders, name="campaign_orders"),
    path("<str:campaign_id>/members/", rows.members, name="campaign_members"),
    path("<str:campaign_id>/redemptions/", rows.redemptions, name="campaign_redemptions"),
]
