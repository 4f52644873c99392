"""Charts of what is foretold: how predictions came true, and how sure it is that members still buy."""

from decimal import Decimal

from django.utils.translation import gettext as _

from analytics.charts.base import Chart
from analytics.charts.trend import Bars, Series
from analytics.models import ValueFit
from analytics.queries.value import last_fit
from loyalty.core import formats


def value_charts() -> list[Chart]:
    """Both, as far as the last night's work has them."""
    fit = last_fit()
    if fit is None or fit.state != ValueFit.State.FITTED:
        return []
    charts: list[Chart] = [_alive(fit.told.get("alive", []))]
    groups = fit.checked.get("groups", [])
    return [calibration(groups), *charts] if groups else charts


def calibration(groups: list[list[float]]) -> Chart:
    """What was foretold beside what followed, by how often members had bought before."""
    last = len(groups) - 1
    places = tuple(
        f"{formats.number(int(x))}+" if place == last else formats.number(int(x))
        for place, (x, *_rest) in enumerate(groups)
    )
    return Bars(
        key="calibration", title=_("How predictions came true"), axis=_("Came back before"), places=places,
        sentence=_("Purchases per member in the last 13 weeks: as foretold before them, and as they came."),
        series=(
            Series(_("Foretold"), tuple(float(group[2]) for group in groups)),
            Series(_("Came"), tuple(float(group[3]) for group in groups)),
        ),
        show=lambda value: formats.decimal(Decimal(f"{value:.2f}")),
        tick=lambda value: formats.decimal(Decimal(f"{value:.2f}").normalize()),
    )  # fmt: skip


def _alive(bins: list[int]) -> Chart:
    def part(number: int) -> str:
        return formats.percent(Decimal(number) / 10).replace(".0%", "%").replace(",0\u00a0%", "\u00a0%")

    places = tuple(f"{number * 10}–{part(number + 1)}" for number in range(len(bins)))
    return Bars(
        key="still-buying", title=_("How sure it is that members still buy"), axis=_("Chance"), places=places,
        sentence=_("Members who have come back at least once, by the chance that they still buy."),
        series=(Series(_("Members"), tuple(float(count) for count in bins)),),
    )  # fmt: skip
