"""Addresses of jobs, imports and exports, below `/m/<shop>/`."""

from django.urls import path

from loyalty.web.office import exports, imports, jobs

urlpatterns = [
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<str:job_id>/", jobs.job, name="job"),
    path("jobs/<str:job_id>/cancel/", jobs.cancel, name="job_cancel"),
    path("jobs/<str:job_id>/file/", jobs.download, name="job_file"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", imports.begin, name="import_new"),
    path("imports/whole/", imports.whole, name="import_whole"),
    path("imports/<str:import_id>/", imports.one, name="import"),
    path("imports/<str:import_id>/check/", imports.check, name="import_check"),
    path("imports/<str:import_id>/run/", imports.run, name="import_run"),
    path("imports/<str:import_id>/undo/", imports.undo, name="import_undo"),
    path("imports/<str:import_id>/again/", imports.again, name="import_again"),
    path("imports/<str:import_id>/rows.csv", imports.bad_rows, name="import_bad_rows"),
    path("exports/", exports.exports, name="exports"),
]
