"""Addresses of the settings, the search, the print kit and the page of components, all below `/m/<shop>/`."""

from django.urls import path

from loyalty.web.office.settings import (
    brand,
    components,
    index,
    mail,
    places,
    privacy,
    reward_picture,
    search,
    share,
    staff,
    words,
)
from loyalty.web.office.settings import print as printing

urlpatterns = [
    path("settings/", index.index, name="settings"),
    path("settings/brand/", brand.brand, name="settings_brand"),
    path("settings/brand/colours/", brand.colours, name="settings_colours"),
    path("settings/brand/logo/", brand.logo, name="settings_logo"),
    path("settings/words/", words.words, name="settings_words"),
    path("settings/words/language/", words.language, name="settings_language"),
    path("settings/staff/", staff.people, name="settings_staff"),
    path("settings/staff/invite/", staff.invite, name="staff_invite"),
    path("settings/staff/second-factor/", staff.second_factor, name="staff_second_factor"),
    path("settings/staff/<uuid:staff_id>/", staff.person, name="staff_person"),
    path("settings/staff/<uuid:staff_id>/revoke/", staff.revoke, name="staff_revoke"),
    path("settings/invitations/<uuid:invitation_id>/renew/", staff.renew, name="invitation_renew"),
    path("settings/invitations/<uuid:invitation_id>/withdraw/", staff.withdraw, name="invitation_withdraw"),
    path("settings/places/", places.places, name="settings_places"),
    path("settings/places/<uuid:place_id>/", places.place, name="place"),
    path("settings/places/<uuid:place_id>/close/", places.close, name="place_close"),
    path("settings/places/<uuid:place_id>/open/", places.reopen, name="place_open"),
    path("settings/mail/", mail.mail, name="settings_mail"),
    path("settings/mail/test/", mail.test, name="settings_mail_test"),
    path("settings/privacy/", privacy.privacy, name="settings_privacy"),
    path("settings/privacy/silent/", privacy.silent, name="settings_silent"),
    path("rewards/<str:reward_id>/picture/", reward_picture.change, name="reward_picture"),
    path("drawings/<slug:name>.png", share.motif, name="motif"),
    path("search/", search.search, name="search"),
    path("print/", printing.kit, name="print_kit"),
    path("print/share/<slug:shape>.png", share.image, name="share_image"),
    path("components/", components.components, name="components"),
]
