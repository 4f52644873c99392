"""Addresses of the programme's tabs, its impact and how it works, below `/m/<shop>/programme/`."""

from django.urls import path

from loyalty.web.office import programme_how, programme_impact, programme_moves, programme_parts

urlpatterns = [
    path("how/", programme_how.how, name="programme_how"),
    path("impact/", programme_impact.page, name="programme_impact"),
    path("impact/moves/", programme_impact.moves, name="programme_tier_moves"),
    path("impact/moves.csv", programme_impact.moves_file, name="programme_tier_moves_file"),
    path("<slug:area>/", programme_parts.area, name="programme_area"),
    path("<slug:area>/<slug:part>/", programme_parts.terms, name="programme_terms"),
    path("<slug:area>/<slug:part>/new/", programme_parts.create, name="programme_new"),
    path("<slug:area>/<slug:part>/<str:item>/", programme_parts.edit, name="programme_item"),
    path("<slug:area>/<slug:part>/<str:item>/<slug:move>/", programme_moves.move, name="programme_move"),
]
