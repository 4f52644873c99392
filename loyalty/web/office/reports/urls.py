"""Addresses of reports, below `/m/<shop>/reports/`."""

from django.urls import include, path

from loyalty.web.office.reports import drilldown, liability, pages

urlpatterns = [
    path("", pages.reports, name="reports"),
    path("figures/<slug:figure>/", drilldown.figure, name="report_figure"),
    path("figures/<slug:figure>/rows.csv", drilldown.export, name="report_rows"),
    path("liability/", liability.page, name="report_liability"),
    path("liability/journal.csv", liability.journal, name="report_journal"),
    path("", include("loyalty.web.office.value.urls")),
    path("<slug:name>/", pages.theme, name="report"),
]
