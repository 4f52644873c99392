"""Addresses of the demo's web shop, below `/demo/shop/`."""

from django.urls import path

from loyalty.demo.storefront import pages

app_name = "demo_shop"
urlpatterns = [
    path("", pages.shelf, name="shelf"),
    path("basket/", pages.basket, name="basket"),
    path("basket/change/", pages.change, name="change"),
    path("basket/code/", pages.apply_code, name="code"),
    path("pay/", pages.pay, name="pay"),
    path("thanks/", pages.thanks, name="thanks"),
    path("shopper/", pages.shopper, name="shopper"),
    path("token/", pages.token, name="token"),
]
