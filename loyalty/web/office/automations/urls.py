"""Addresses of automations, below `/m/<shop>/automations/`, and of a member's own."""

from django.urls import path

from loyalty.web.office.automations import build, moves, of_member, pages, runs, trying

urlpatterns = [
    path("automations/", pages.automations, name="automations"),
    path("automations/new/", build.create, name="automation_new"),
    path("automations/runs/<str:run_id>/", runs.run, name="automation_run"),
    path("automations/<str:automation_id>/", pages.automation, name="automation"),
    path("automations/<str:automation_id>/edit/", build.edit, name="automation_edit"),
    path("automations/<str:automation_id>/start/", moves.start, name="automation_start"),
    path("automations/<str:automation_id>/pause/", moves.pause, name="automation_pause"),
    path("automations/<str:automation_id>/resume/", moves.resume, name="automation_resume"),
    path("automations/<str:automation_id>/end/", moves.end, name="automation_end"),
    path("automations/<str:automation_id>/runs/", runs.runs, name="automation_runs"),
    path("automations/<str:automation_id>/try/", trying.try_out, name="automation_try"),
    path("members/<str:member_id>/automations/", of_member.automations, name="about_automations"),
]
