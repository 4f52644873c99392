"""Who names a segment: rules, offers, rewards and newsletters that would mean nobody without it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from campaigns.models import Campaign, Experiment, Newsletter, Survey
from campaigns.queries.automations.reading import uses_segment
from campaigns.queries.newsletters import words_in
from campaigns.queries.segments.reading import conditions_of, with_conditions
from campaigns.rules.segments import InSegment, leaves
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import document
from loyalty.core.programme import queries as programmes
from members.rules.earning import PlaceInSegment
from members.rules.naming import What, called
from rewards.queries.catalogue import rewards
from rewards.queries.telling import named

_WAITING = (Newsletter.State.DRAFT, Newsletter.State.SCHEDULED, Newsletter.State.PLANNING)


@dataclass(frozen=True, slots=True)
class Use:
    """One thing that names a segment. `kind` is rule, reward, newsletter, survey, segment, experiment, automation or
    campaign; `name` what people call it."""

    kind: str
    name: str


def uses(handle: str) -> list[Use]:
    """Everything that names a segment now, each once."""
    looked_at = (_rules, _rewards, _newsletters, _surveys, _segments, _experiments, _automations, _campaigns)
    return list(dict.fromkeys(use for uses_of in looked_at for use in uses_of(handle)))


def _automations(handle: str) -> Iterator[Use]:
    return (Use("automation", name) for name in uses_segment(handle))


def _rules(handle: str) -> Iterator[Use]:
    """In the programme that counts, and in what is drafted."""
    current, draft = programmes.in_force(), programmes.draft()
    programmes_ = [current.programme] if current else []
    if draft is not None:
        programmes_.append(document.parse(draft.document))
    for programme in programmes_:
        for one in called(programme):
            if one.what is What.SEGMENT and one.name == handle:
                yield Use("rule", one.by)
        for rule in programme["earning"].rules:
            if isinstance(rule, PlaceInSegment) and rule.segment == handle:
                yield Use("rule", rule.name or rule.id)


def _rewards(handle: str) -> Iterator[Use]:
    for row in rewards().exclude(audience={}):
        audience: dict[str, Any] = row.audience
        if handle in (*audience.get("segments", ()), *audience.get("not_segments", ())):
            yield Use("reward", named(row))


def _newsletters(handle: str) -> Iterator[Use]:
    language = shop_of_scope().language
    for row in Newsletter.objects.filter(segment=handle, state__in=_WAITING).order_by("id"):
        yield Use("newsletter", str(words_in(row, language).get("subject", "")))


def _surveys(handle: str) -> Iterator[Use]:
    for row in Survey.objects.filter(segment=handle).exclude(state=Survey.State.CLOSED).order_by("id"):
        yield Use("survey", row.name)


def _segments(handle: str) -> Iterator[Use]:
    for row in with_conditions():
        for _path, one in leaves(conditions_of(row)):
            if isinstance(one, InSegment) and handle in one.any_of:
                yield Use("segment", row.name)


def _experiments(handle: str) -> Iterator[Use]:
    """Those that are planned or run."""
    states = (Experiment.State.DRAFT, Experiment.State.RUNNING)
    for row in Experiment.objects.filter(audience=handle, state__in=states).order_by("id"):
        yield Use("experiment", row.name)


def _campaigns(handle: str) -> Iterator[Use]:
    rows = Campaign.objects.filter(segment=handle).exclude(state=Campaign.State.ENDED)
    for name in rows.order_by("id").values_list("name", flat=True):
        yield Use("campaign", name)
