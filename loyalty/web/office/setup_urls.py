"""Addresses of the checklist and of going live, below `/m/<shop>/`."""

from django.urls import path

from loyalty.web.office import checklist, going_live

urlpatterns = [
    path("setup/", checklist.page, name="checklist"),
    path("setup/tick/", checklist.tick, name="checklist_tick"),
    path("setup/hide/", checklist.hide, name="checklist_hide"),
    path("live/", going_live.page, name="go_live"),
]
