"""Addresses of the daily work with rewards."""

from django.urls import path

from loyalty.web.office.stock import codes, seen, taken

urlpatterns = [
    path("rewards/draft/", seen.draft, name="reward_draft"),
    path("rewards/<str:reward_id>/seen/", seen.preview, name="reward_seen"),
    path("rewards/<str:reward_id>/codes/", codes.codes, name="reward_codes"),
    path("rewards/<str:reward_id>/codes/discard/", codes.discard, name="reward_codes_discard"),
    path("rewards/<str:reward_id>/taken/", taken.taken, name="reward_taken"),
]
