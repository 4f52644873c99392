"""Addresses of the member's pages, below the shop's own name."""

from django.urls import path

from loyalty.web.portal import card, door, entrance, gathered, links, places, preferences, profile, rewards

app_name = "portal"
urlpatterns = [
    path("", entrance.front, name="front"),
    path("join/", entrance.join, name="join"),
    path("r/<str:invitation>/", links.link, name="link"),
    path("leave/", entrance.leave, name="leave"),
    path("sign-in/", door.sign_in, name="sign_in"),
    path("sign-in/code/", door.confirm, name="confirm"),
    path("prove/", door.prove, name="prove"),
    path("card/", card.card, name="card"),
    path("offers/<str:offer_id>/activate/", gathered.activate, name="activate"),
    path("activity/", card.activity, name="activity"),
    path("rewards/", rewards.rewards, name="rewards"),
    path("rewards/<str:reward_id>/", rewards.reward, name="reward"),
    path("rewards/<str:reward_id>/redeem/", rewards.redeem, name="redeem"),
    path("sessions/<str:session_id>/book/", places.book, name="book"),
    path("bookings/<str:booking_id>/give-up/", places.give_up, name="give_up"),
    path("codes/<str:redemption_id>/", rewards.code, name="code"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("unsubscribe/<str:token>/", preferences.unsubscribe, name="unsubscribe"),
    path("profile/", profile.profile, name="profile"),
    path("profile/export/", profile.export, name="export"),
    path("profile/erase/", profile.erase, name="erase"),
]
