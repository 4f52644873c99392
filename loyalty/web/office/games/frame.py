"""What the pages of games share: their tabs, their addresses, and how a state is shown."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Challenge, InstantWin
from loyalty.core import ids
from loyalty.core.pages import Here
from loyalty.web.office.members import known_as
from members.queries import directory

CURRENT = "games"


def tabs(here: Here, current: str) -> list[dict[str, Any]]:
    """The tabs of games; `current` is one of them."""
    slug = here.merchant.slug
    found = [
        ("challenges", _("Challenges"), reverse("office:games", args=[slug])),
        ("draws", _("Prize draws"), reverse("office:draws", args=[slug])),
        ("instant", _("Instant wins"), reverse("office:instant_wins", args=[slug])),
        ("badges", _("Badges"), reverse("office:badges", args=[slug])),
    ]
    return [{"label": label, "url": url, "current": name == current} for name, label, url in found]


def challenge_url(here: Here, row: Challenge, name: str = "challenge") -> str:
    """An address about one challenge."""
    return reverse(f"office:{name}", args=[here.merchant.slug, ids.encode("chl", row.pk)])


def instant_url(here: Here, row: InstantWin, name: str = "instant_win") -> str:
    """An address about one instant win."""
    return reverse(f"office:{name}", args=[here.merchant.slug, ids.encode("iwn", row.pk)])


def challenge_state(row: Challenge, at: datetime) -> tuple[str, str]:
    """Its state in a word, and the colour of the badge."""
    if row.state == Challenge.State.DRAFT:
        return _("Draft"), ""
    if row.state == Challenge.State.ENDED or (row.ends_at is not None and row.ends_at <= at):
        return _("Over"), ""
    return (_("Open"), "good") if row.starts_at <= at else (_("Planned"), "info")


def people(here: Here, members: list[UUID]) -> dict[UUID, dict[str, str]]:
    """Members' names with their pages, for those who may read them."""
    if not here.may("members.view"):
        return {}
    rows = directory.by_ids(members)
    return {
        key: {
            "name": row.name or known_as(row),
            "url": reverse("office:member", args=[here.merchant.slug, ids.encode("mbr", key)]),
        }
        for key, row in rows.items()
    }
