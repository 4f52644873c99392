"""The doorbell and its schedule. The database is the truth: a lost or doubled ring changes nothing."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")

app = Celery("loyalty")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep the outbox": {"task": "loyalty.core.events.tasks.dispatch_waiting", "schedule": 15.0},
    "points' life": {"task": "members.tasks.run_points_life", "schedule": 300.0},
    "stale reservations": {"task": "rewards.tasks.release_stale", "schedule": 60.0},
    "check and seal the books": {"task": "members.tasks.run_nightly", "schedule": 900.0},
}
