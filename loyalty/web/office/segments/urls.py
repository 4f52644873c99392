"""Addresses of segments, below `/m/<shop>/segments/`, and of a member's own."""

from django.urls import path

from loyalty.web.office.segments import build, lists, of_member, pages

urlpatterns = [
    path("segments/", pages.segments, name="segments"),
    path("segments/new/", build.create, name="segment_new"),
    path("segments/new/list/", lists.create, name="segment_new_list"),
    path("segments/<str:segment_id>/", pages.segment, name="segment"),
    path("segments/<str:segment_id>/edit/", build.edit, name="segment_edit"),
    path("segments/<str:segment_id>/add/", lists.add, name="segment_add"),
    path("segments/<str:segment_id>/remove/", lists.remove, name="segment_remove"),
    path("segments/<str:segment_id>/archive/", pages.archive, name="segment_archive"),
    path("segments/<str:segment_id>/restore/", pages.restore, name="segment_restore"),
    path("members/<str:member_id>/segments/", of_member.segments, name="about_segments"),
]
