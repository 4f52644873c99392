"""Addresses for many members at once."""

from django.urls import path

from loyalty.web.office.choosing import bulk

urlpatterns = [path("members/many/", bulk.many, name="members_many")]
