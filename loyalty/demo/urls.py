"""Addresses that exist only where the demo runs."""

from django.urls import include, path

from loyalty.demo.sign_in import sign_in

urlpatterns = [
    path("sign-in/<str:token>/", sign_in, name="demo_sign_in"),
    path("shop/", include("loyalty.demo.storefront.urls")),
]
