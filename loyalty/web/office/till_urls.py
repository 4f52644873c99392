"""Addresses of what staff set up for the tills: devices, PINs, and one's own."""

from django.urls import path

from loyalty.web.office import tills

urlpatterns = [
    path("till/", tills.mine, name="till"),
    path("settings/tills/", tills.tills, name="tills"),
    path("settings/tills/new/", tills.add, name="till_new"),
    path("settings/tills/<uuid:till_id>/", tills.edit, name="till_edit"),
    path("settings/tills/<uuid:till_id>/code/", tills.code, name="till_code"),
    path("settings/tills/<uuid:till_id>/stop/", tills.stop, name="till_stop"),
    path("settings/pins/<uuid:staff_id>/", tills.pin, name="till_pin"),
]
