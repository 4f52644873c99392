"""Addresses of the widget, below `/w/<shop>/`."""

from django.urls import path

from loyalty.web.widget import inviting, pages, quoting, taking

app_name = "widget"
urlpatterns = [
    path("", pages.frame, name="frame"),
    path("home/", pages.home, name="home"),
    path("join/", pages.join, name="join"),
    path("earn/", pages.earn, name="earn"),
    path("rewards/", taking.rewards, name="rewards"),
    path("rewards/<str:reward_id>/", taking.reward, name="reward"),
    path("rewards/<str:reward_id>/redeem/", taking.redeem, name="redeem"),
    path("codes/", taking.codes, name="codes"),
    path("invite/", inviting.invite, name="invite"),
    path("invite/code/", inviting.make_code, name="invite_code"),
    path("quote/", quoting.quote, name="quote"),
]
