"""Addresses of surveys, of whom to get back to, and of what fits a member."""

from django.urls import path

from loyalty.web.office.surveying import answers, fits, follow_ups, pages, questions

urlpatterns = [
    path("surveys/", pages.surveys, name="surveys"),
    path("surveys/new/", pages.create, name="survey_new"),
    path("surveys/follow-ups/", follow_ups.follow_ups, name="survey_follow_ups"),
    path("surveys/follow-ups/<str:follow_up_id>/", follow_ups.change, name="survey_follow_up"),
    path("surveys/<str:survey_id>/", pages.survey, name="survey"),
    path("surveys/<str:survey_id>/words/", pages.words, name="survey_words"),
    path("surveys/<str:survey_id>/settings/", pages.settings, name="survey_settings"),
    path("surveys/<str:survey_id>/answers/", answers.answers, name="survey_results"),
    path("surveys/<str:survey_id>/answers.csv", answers.export, name="survey_export"),
    path("surveys/<str:survey_id>/open/", pages.open_it, name="survey_open"),
    path("surveys/<str:survey_id>/close/", pages.close_it, name="survey_close"),
    path("surveys/<str:survey_id>/remove/", pages.remove, name="survey_remove"),
    path("surveys/<str:survey_id>/send/", pages.send, name="survey_send"),
    path("surveys/<str:survey_id>/stop/", pages.stop, name="survey_stop"),
    path("surveys/<str:survey_id>/questions/add/", questions.add, name="survey_question_new"),
    path("surveys/<str:survey_id>/questions/<slug:question>/", questions.edit, name="survey_question"),
    path(
        "surveys/<str:survey_id>/questions/<slug:question>/<slug:move>/",
        questions.move,
        name="survey_question_move",
    ),
    path("members/<str:member_id>/fits/", fits.fits, name="about_fits"),
]
