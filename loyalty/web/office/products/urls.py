"""Addresses of the catalogue, below `/m/<shop>/products/`."""

from django.urls import path

from loyalty.web.office.products import pages

urlpatterns = [
    path("", pages.products, name="products"),
    path("new/", pages.create, name="product_new"),
    path("<str:product_id>/", pages.product, name="product"),
    path("<str:product_id>/archive/", pages.archive, name="product_archive"),
    path("<str:product_id>/restore/", pages.restore, name="product_restore"),
]
