"""Addresses of experiments, below `/m/<shop>/experiments/`."""

from django.urls import path

from loyalty.web.office.experiments import acting, pages, planning

urlpatterns = [
    path("", pages.experiments, name="experiments"),
    path("new/", planning.choose, name="experiment_choose"),
    path("plan/", planning.create, name="experiment_new"),
    path("holdout/", pages.holdout, name="holdout"),
    path("<str:experiment_id>/", pages.experiment, name="experiment"),
    path("<str:experiment_id>/edit/", planning.edit, name="experiment_edit"),
    path("<str:experiment_id>/start/", acting.start, name="experiment_start"),
    path("<str:experiment_id>/stop/", acting.stop, name="experiment_stop"),
    path("<str:experiment_id>/decide/", acting.decide, name="experiment_decide"),
    path("<str:experiment_id>/remove/", acting.remove, name="experiment_remove"),
]
