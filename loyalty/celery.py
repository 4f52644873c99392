"""The doorbell and its schedule. The database is the truth: a lost or doubled ring changes nothing."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")

app = Celery("loyalty")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "sweep the outbox": {"task": "loyalty.core.events.tasks.dispatch_waiting", "schedule": 15.0},
    "webhooks": {"task": "loyalty.core.webhooks.tasks.deliver_due", "schedule": 15.0},
    "old deliveries": {"task": "loyalty.core.webhooks.tasks.forget_old", "schedule": 3600.0},
    "jobs": {"task": "loyalty.core.jobs.tasks.run_waiting", "schedule": 15.0},
    "old files": {"task": "loyalty.core.jobs.tasks.forget_old", "schedule": 3600.0},
    "points' life": {"task": "members.tasks.run_points_life", "schedule": 300.0},
    "tiers": {"task": "members.tasks.review_tiers", "schedule": 60.0},
    "periods' points": {"task": "members.tasks.convert_points", "schedule": 900.0},
    "paid memberships": {"task": "members.tasks.run_memberships", "schedule": 300.0},
    "requests": {"task": "members.tasks.lapse_requests", "schedule": 900.0},
    "birthdays": {"task": "members.tasks.run_birthdays", "schedule": 600.0},
    "referrals": {"task": "members.tasks.run_referrals", "schedule": 60.0},
    "stale reservations": {"task": "rewards.tasks.release_stale", "schedule": 60.0},
    "messages": {"task": "campaigns.tasks.send_due", "schedule": 15.0},
    "newsletters": {"task": "campaigns.tasks.plan_newsletters", "schedule": 60.0},
    "surveys": {"task": "campaigns.tasks.plan_surveys", "schedule": 60.0},
    "suggestions by night": {"task": "campaigns.tasks.work_out_suggestions", "schedule": 900.0},
    "automations": {"task": "campaigns.tasks.run_automations", "schedule": 10.0},
    "segments": {"task": "campaigns.tasks.refresh_segments", "schedule": 15.0},
    "games": {"task": "campaigns.tasks.settle_games", "schedule": 15.0},
    "campaigns": {"task": "campaigns.tasks.run_campaigns", "schedule": 60.0},
    "segments by night": {"task": "campaigns.tasks.sweep_segments", "schedule": 900.0},
    "experiments": {"task": "campaigns.tasks.close_experiments", "schedule": 300.0},
    "messages nobody announces": {"task": "campaigns.tasks.sweep", "schedule": 900.0},
    "old sessions": {"task": "loyalty.core.people.tasks.forget_old_sessions", "schedule": 3600.0},
    "cards in wallets": {"task": "loyalty.connectors.wallets.tasks.tell_wallets", "schedule": 30.0},
    "phones with void cards": {"task": "loyalty.connectors.wallets.tasks.forget_phones", "schedule": 3600.0},
    "figures": {"task": "analytics.tasks.fill_facts", "schedule": 300.0},
    "what members are worth": {"task": "analytics.tasks.refit_values", "schedule": 900.0},
    "check and seal the books": {"task": "loyalty.core.ledger.tasks.check_and_seal", "schedule": 900.0},
}


@worker_init.connect
def _refuse_to_work_unfit(**_worker: Any) -> None:
    """The worker ends here, before it takes a task, when the database role does not keep merchants apart."""
    from loyalty.core.tenancy.checks import refuse_to_serve_unfit

    refuse_to_serve_unfit()
