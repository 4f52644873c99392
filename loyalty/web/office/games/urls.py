"""Addresses of games, below `/m/<shop>/games/`."""

from django.urls import path

from loyalty.web.office.games import badges, challenges, instants

urlpatterns = [
    path("", challenges.challenges, name="games"),
    path("challenges/new/", challenges.create, name="challenge_new"),
    path("challenges/<str:challenge_id>/", challenges.challenge, name="challenge"),
    path("challenges/<str:challenge_id>/edit/", challenges.edit, name="challenge_edit"),
    path("challenges/<str:challenge_id>/open/", challenges.open_one, name="challenge_open"),
    path("challenges/<str:challenge_id>/end/", challenges.end, name="challenge_end"),
    path("challenges/<str:challenge_id>/delete/", challenges.delete, name="challenge_delete"),
    path("instant/", instants.instant_wins, name="instant_wins"),
    path("instant/<str:game_id>/", instants.instant_win, name="instant_win"),
    path("instant/<str:game_id>/end/", instants.end, name="instant_win_end"),
    path("badges/", badges.badges, name="badges"),
    path("badges/<str:badge_id>/", badges.badge, name="badge"),
]
