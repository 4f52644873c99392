"""Addresses of games, below the shop's own name."""

from django.urls import path

from loyalty.web.portal import games

urlpatterns = [
    path("games/", games.hub, name="games"),
    path("games/challenges/<str:challenge_id>/", games.challenge, name="challenge"),
    path("games/challenges/<str:challenge_id>/send/", games.send, name="challenge_send"),
    path("games/instant/<str:game_id>/", games.instant, name="instant"),
    path("games/instant/<str:game_id>/play/", games.play, name="instant_play"),
    path("games/instant/<str:game_id>/game.json", games.instant_file, name="instant_file"),
    path("badges/", games.badges, name="badges"),
    path("board-name/", games.name, name="board_name"),
    path("board-name/choose/", games.choose, name="board_name_choose"),
]
