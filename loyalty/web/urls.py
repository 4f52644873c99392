"""Pages that belong to no single app: the front door, the dashboard, the look of things."""

from django.urls import include, path
from django.views.i18n import set_language

from loyalty.web.brand import brand_css
from loyalty.web.invitations import invitation
from loyalty.web.office.gallery import gallery
from loyalty.web.office.home import home, theme
from loyalty.web.pictures import picture
from loyalty.web.widget.script import widget_js

urlpatterns = [
    path("", home, name="home"),
    path("theme/", theme, name="theme"),
    path("language/", set_language, name="language"),
    path("brand/gallery/", gallery, name="gallery"),
    path("brand/<slug:digest>.css", brand_css, name="brand_css"),
    path("start/", include("loyalty.web.office.start_urls")),
    path("pictures/<slug:slug>/<slug:digest>/<slug:size>", picture, name="picture"),
    path("invitations/<slug:slug>/<str:token>/", invitation, name="invitation"),
    path("m/<slug:slug>/", include("loyalty.web.office.urls")),
    path("widget.js", widget_js, name="widget_js"),
    path("w/<slug:slug>/", include("loyalty.web.widget.urls")),
]
