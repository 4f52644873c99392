"""What came before what: a review after the purchase, a stamp an hour after the last one."""

from collections.abc import Mapping
from datetime import timedelta

from members.rules.conditions.activities import KIND, KINDS
from members.rules.conditions.base import Base, Case, Problems, Verdict
from members.rules.needs import Need
from members.rules.phrases import Phrase, Telling, days, duration
from members.rules.phrases import gettext_lazy as _

PURCHASE = "purchase"


class Following(Base, frozen=True, tag="following", kw_only=True):
    """It follows something within so many days (times 24 hours): a purchase, or an activity of a kind. With
    `same_product`, one of a product that this one is about, too."""

    after: str = PURCHASE
    within_days: int
    same_product: bool = False
    needs = frozenset({Need.PAST})

    def holds(self, case: Case) -> Verdict:
        done, facts = case.facts.activity, case.facts
        about = [done.product] if done and done.product else [] if done else facts.order.lines
        skus = {line.sku for line in about}
        reach = timedelta(days=self.within_days)
        times = [
            event.at
            for event in facts.member.past
            if event.kind == self.after
            and timedelta(0) <= case.at - event.at <= reach
            and (not self.same_product or event.sku in skus)
        ]
        values = {"after": self.after, "within_days": self.within_days, "same_product": self.same_product,
                  "days": (case.at - max(times)).days if times else None}  # fmt: skip
        return Verdict(bool(times), "following" if times else "nothing_before", values)

    def problems(self) -> Problems:
        found = []
        if not KIND.fullmatch(self.after):
            found.append(("after", "Give purchase or a kind of activity, in small letters."))
        if not 1 <= self.within_days <= 3660:
            found.append(("within_days", "Give a number of days from 1 to 3,660."))
        return found

    def says(self) -> Phrase:
        return _following(self.after, self.within_days, self.same_product)

    tells = {
        "following": Telling(lambda v: _("it came {days} after", days=days(v["days"]))),
        "nothing_before": Telling(
            lambda v: _(
                "it counts {wanted}", wanted=_following(v["after"], v["within_days"], v["same_product"])
            )
        ),
    }


def _following(after: str, within_days: int, same_product: bool) -> Phrase:
    stretch = days(within_days)
    if after == PURCHASE:
        if same_product:
            return _("within {days} after buying the same product", days=stretch)
        return _("within {days} after a purchase", days=stretch)
    if same_product:
        return _("within {days} after “{kind}” of the same product", days=stretch, kind=_named(after))
    return _("within {days} after “{kind}”", days=stretch, kind=_named(after))


def _named(kind: str) -> Phrase | str:
    return KINDS.get(kind) or kind


class CoolDown(Base, frozen=True, tag="cool_down", kw_only=True):
    """At least so many minutes have passed since a rule last gave to this member: this rule, or the one named."""

    minutes: int
    rule: str = ""
    needs = frozenset({Need.GIVEN})

    def holds(self, case: Case) -> Verdict:
        given = case.facts.member.given.get(self.rule or case.rule)
        last = given.last_at if given else None
        values = {"minutes": self.minutes, "rule": self.rule, "passed_minutes": None}
        if last is None:
            return Verdict(True, "cool_down", values)
        passed = case.at - last
        values["passed_minutes"] = int(passed.total_seconds() // 60)
        # One that came in late lies before the last time: as near to it as one as long after.
        holds = abs(passed) >= timedelta(minutes=self.minutes)
        return Verdict(holds, "cool_down" if holds else "too_soon", values)

    def problems(self) -> Problems:
        return (
            []
            if 1 <= self.minutes <= 5_270_400
            else [("minutes", "Give a number of minutes, at most ten years.")]
        )

    def says(self) -> Phrase:
        time = duration(self.minutes)
        if self.rule:
            return _("at least {time} after “{rule}” last gave", time=time, rule=self.rule)
        return _("again after {time}", time=time)

    tells = {
        "cool_down": Telling(lambda v: _passed(v)),
        "too_soon": Telling(
            lambda v: _(
                "it counts again after {time}, and {passed}", time=duration(v["minutes"]), passed=_passed(v)
            ),
            lambda v: _("it counts again after {time}", time=duration(v["minutes"])),
        ),
    }


def _passed(values: Mapping) -> Phrase:
    passed = values["passed_minutes"]
    if passed is None:
        return _("it has not given before")
    return _("{time} have passed", time=duration(abs(passed)))
