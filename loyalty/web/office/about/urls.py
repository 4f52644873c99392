"""Addresses of the pages about one member, and of what can be taken back."""

from django.urls import path

from loyalty.web.office.about import belonging, doing, extras, friends, purchases, tier, undo

urlpatterns = [
    path("members/<str:member_id>/tier/", tier.standing, name="about_tier"),
    path("members/<str:member_id>/tier/claim/<slug:name>/", tier.claim, name="about_claim"),
    path("members/<str:member_id>/extras/", extras.extras, name="about_extras"),
    path("members/<str:member_id>/extras/<slug:offer_id>/", extras.activate, name="about_activate"),
    path("members/<str:member_id>/friends/", friends.friends, name="about_friends"),
    path("members/<str:member_id>/plans/", belonging.belonging, name="about_belonging"),
    path("members/<str:member_id>/plans/start/", belonging.start, name="plan_start"),
    path("members/<str:member_id>/purchases/", purchases.purchases, name="about_purchases"),
    path("members/<str:member_id>/give/", doing.give, name="give"),
    path("members/<str:member_id>/activity/", doing.activity, name="add_activity"),
    path("memberships/<str:id>/pay/", belonging.pay, name="plan_pay"),
    path("memberships/<str:id>/cancel/", belonging.cancel, name="plan_cancel"),
    path("memberships/<str:id>/resume/", belonging.resume, name="plan_resume"),
    path("memberships/<str:id>/refund/", belonging.refund, name="plan_refund"),
    path("undo/entries/<str:entry_id>/", undo.entry, name="undo_entry"),
    path("undo/activities/<str:id>/", undo.activity, name="undo_activity"),
    path("undo/redemptions/<str:redemption_id>/", undo.redemption, name="undo_redemption"),
    path("undo/transfers/<str:id>/", undo.transfer, name="undo_transfer"),
]
