"""The log of a day at one till: who sold how much, to count the drawer by, and to print."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from loyalty.core.merchants.queries import staff_names
from loyalty.core.tills import queries
from loyalty.web.pos.frame import Desk, desk_page, pos_page


def _day(text: str, today: date) -> date:
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today


@require_safe
@desk_page()
def shift(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Today, or `?day=`: counts and sums of everybody who worked at this till."""
    zone = ZoneInfo(desk.merchant.timezone)
    today = desk.at.astimezone(zone).date()
    day = _day(request.GET.get("day", ""), today)
    since = datetime.combine(day, time(), zone)
    found = queries.shifts(
        desk.till.pk, since=since, until=datetime.combine(day + timedelta(days=1), time(), zone)
    )
    names = staff_names({row.staff for row in found})
    context = {
        "day": day,
        "before": (day - timedelta(days=1)).isoformat() if day > date.min else "",
        "after": (day + timedelta(days=1)).isoformat() if day < today else "",
        "rows": [{"shift": row, "name": names.get(row.staff, "")} for row in found],
        "total": {
            name: sum(getattr(row, name) for row in found)
            for name in ("sales", "amount_minor", "points", "rewards", "members", "undone")
        },
    }
    return pos_page(request, desk, "pos/shift.html", context)
