"""Addresses of prize draws, below `/m/<shop>/draws/`."""

from django.urls import path

from loyalty.web.office.drawing import pages

urlpatterns = [
    path("", pages.draws, name="draws"),
    path("<str:draw_id>/", pages.draw, name="draw"),
    path("<str:draw_id>/hold/", pages.hold, name="draw_hold"),
    path("<str:draw_id>/cancel/", pages.cancel, name="draw_cancel"),
]
