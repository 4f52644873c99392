"""Addresses of rehearsals, below `/m/<shop>/programme/rehearsal/`."""

from django.urls import path

from loyalty.web.office.rehearsing import member, pages

urlpatterns = [
    path("", pages.rehearsal, name="rehearsal"),
    path("<str:rehearsal_id>/", pages.result, name="rehearsal_result"),
    path("<str:rehearsal_id>/stop/", pages.stop, name="rehearsal_stop"),
    path("<str:rehearsal_id>/remove/", pages.remove, name="rehearsal_remove"),
    path("<str:rehearsal_id>/members/", member.members, name="rehearsal_members"),
    path("<str:rehearsal_id>/members.csv", member.members_file, name="rehearsal_file"),
    path("<str:rehearsal_id>/members/<str:member_id>/", member.member, name="rehearsal_member"),
    path("<str:rehearsal_id>/orders/<str:order_id>/", member.order, name="rehearsal_order"),
]
