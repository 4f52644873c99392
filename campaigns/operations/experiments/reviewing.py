"""What must not change while it is compared: looked at before a programme is published."""

from django.utils.translation import gettext as _

from campaigns.models import Experiment
from loyalty.core.programme.document import Coded, Programme
from members.queries.comparisons import current
from members.rules.comparisons import EARNING, written


def review(programme: Programme) -> list[Coded]:
    """Rules that a running experiment varies and that this programme changes or leaves out. (The book says what runs;
    whose time has passed by itself is looked up.)"""
    found = []
    rules = {rule.id: (number, rule) for number, rule in enumerate(programme["earning"].rules)}
    open_ = set(Experiment.objects.filter(state=Experiment.State.RUNNING).values_list("pk", flat=True))
    for one in current().of:
        if one.kind != EARNING or one.id not in open_:
            continue
        number, rule = rules.get(one.target, (None, None))
        if rule is None or written(rule) != one.base:
            path = "earning.rules" if number is None else f"earning.rules[{number}]"
            text = _("The experiment “{name}” compares this rule. Stop it or decide it first.").format(
                name=one.name
            )
            found.append(Coded(path, text, "under_experiment"))
    return found
