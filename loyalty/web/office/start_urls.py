"""Addresses below `/start/`: the owner of an empty server, and the guided set-up of a shop."""

from django.urls import path

from loyalty.setup.answers import STEPS
from loyalty.web.office import set_up

urlpatterns = [
    path("", set_up.begin, name="start"),
    path("owner/<str:key>/", set_up.create_owner, name="create_owner"),
    path("anew/", set_up.anew, name="start_anew"),
    *(path(f"{step}/", set_up.step, {"step": step}, name=f"start_{step}") for step in STEPS),
]
