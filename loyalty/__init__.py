"""A self-hosted loyalty platform: the roof (settings, urls, web, demo) and the ground (core)."""

from loyalty.celery import app as celery_app

__all__ = ["celery_app"]
