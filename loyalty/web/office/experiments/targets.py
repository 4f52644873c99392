"""What can be compared: figures of earning rules, prices of rewards, words of messages, and something of one's own."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Experiment
from campaigns.operations.experiments.shaping import rule_of
from campaigns.rules.kinds import PLANNED
from loyalty.core import formats, ids
from loyalty.core.errors import NotFound
from loyalty.core.pages import Here
from loyalty.core.programme import queries as programmes
from loyalty.web.office.experiments.telling import figure, knob_name
from loyalty.web.office.frame import words
from loyalty.web.office.messages.frame import label_of
from loyalty.web.sentences import rule_sentence
from members.rules.comparisons import knobs
from rewards.models import Reward
from rewards.queries.catalogue import reward, rewards
from rewards.queries.pricing import can_be_compared
from rewards.queries.telling import named

Kind = Experiment.Kind


@dataclass(frozen=True, slots=True)
class Target:
    """What an experiment is to compare: `target` as the operation has it, `knob` a figure's path where it is of a rule;
    `title` says what it is, `now` what it says now."""

    kind: str
    target: str
    knob: str
    title: str
    now: str
    value: Any = None

    @property
    def label(self) -> str:
        """What a variant gives another value to."""
        return knob_name(self.knob) if self.knob else _("Price")

    def query(self) -> str:
        """It, as the end of an address."""
        target = ids.encode("rwd", UUID(self.target)) if self.kind == Kind.REWARD else self.target
        return "?" + urlencode({"kind": self.kind, "target": target, "knob": self.knob})


def groups(here: Here) -> list[dict[str, Any]]:
    """Everything that can be compared, in groups."""
    url = reverse("office:experiment_new", args=[here.merchant.slug])
    found = [
        ("coins", _("How much is earned"), _earning(here)),
        ("gift", _("What a reward costs"), _rewards()),
        ("mail", _("The words of a message"), [_message(kind) for kind in PLANNED]),
        ("puzzle", _("Something of your own"), [other()]),
    ]
    return [
        {"icon": icon, "title": title, "rows": [{"one": one, "url": url + one.query()} for one in rows]}
        for icon, title, rows in found
    ]


def _earning(here: Here) -> list[Target]:
    current = programmes.in_force()
    rules = current.programme["earning"].rules if current else ()
    return [_rule(rule, path, here) for rule in rules if not rule.off for path in knobs(rule)]


def _rule(rule: Any, path: str, here: Here) -> Target:
    value = knobs(rule)[path]
    currency = here.merchant.currency
    name = rule.name or rule_sentence(rule, currency, words())
    return Target(
        Kind.EARNING,
        rule.id,
        path,
        f"{name.rstrip('.')} – {knob_name(path)}",
        figure(path, value, currency),
        value,
    )


def _rewards() -> list[Target]:
    return [_reward(row) for row in rewards() if can_be_compared(row)]


def _reward(row: Reward) -> Target:
    return Target(
        Kind.REWARD, str(row.pk), "", named(row), formats.points(row.cost_points, words()), row.cost_points
    )


def _message(kind: str) -> Target:
    return Target(Kind.MESSAGE, kind, "", label_of(kind), _("The words there are now"))


def other() -> Target:
    """What the product knows nothing of."""
    text = _(
        "Your web shop, app or till asks for each member’s variant through the API, and shows what belongs to it."
    )
    return Target(Kind.OTHER, "", "", _("A banner, a page, a letter, …"), text)


def target_of(kind: str, target: str, knob: str, here: Here) -> Target:
    """What an address names. Raises `Http404` and `NotFound` for what cannot be compared."""
    if kind == Kind.EARNING:
        rule = rule_of(target=target)
        if rule is not None and knob in knobs(rule):
            return _rule(rule, knob, here)
    elif kind == Kind.REWARD:
        row = reward(ids.decode("rwd", target))
        if row.retired_at is not None or not can_be_compared(row):
            raise NotFound("reward")
        return _reward(row)
    elif kind == Kind.MESSAGE and target in PLANNED:
        return _message(target)
    elif kind == Kind.OTHER:
        return other()
    raise Http404


def target_of_row(row: Experiment, here: Here) -> Target:
    """What an experiment compares."""
    paths = [path for arm in row.arms for path in arm.get("values", {})]
    target = ids.encode("rwd", UUID(row.target)) if row.kind == Kind.REWARD else row.target
    return target_of(row.kind, target, paths[0] if paths else "", here)
