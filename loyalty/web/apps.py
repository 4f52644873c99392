from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "loyalty.web"
    label = "web"
