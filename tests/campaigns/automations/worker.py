"""A worker process for tests: lets in, and carries out what is due, until nothing is left or it is killed.

`AHEAD` seconds are added to its clock, so that it finds waits and the leases of a dead one over. `CARELESS` makes it the
mutant: what a step does is committed by itself and without the step's own name, before it is noted that it did.
"""

import os
import time
from datetime import timedelta

import django

django.setup()

from django.db import connection  # noqa: E402 - needs the apps to be loaded

from campaigns import tasks  # noqa: E402
from campaigns.models import AutomationRun  # noqa: E402
from campaigns.operations.automations import acting, running  # noqa: E402
from campaigns.rules.automations import GivePoints  # noqa: E402
from loyalty.core import clock, ids  # noqa: E402
from loyalty.core.events import tasks as events  # noqa: E402
from loyalty.core.tenancy.scope import acting_for  # noqa: E402


def careless() -> None:
    """What the transaction, the note and the name of a step are for: without them a kill does things twice."""
    usual, take = acting.act, running.take_step
    acting.Acting.key = property(lambda self: f"careless:{ids.new()}")  # type: ignore[method-assign, assignment]

    def noted_already(one: acting.Acting) -> acting.Did:
        return acting.Did(acting.Outcome.DONE)

    def before(*, run, attempt, at):  # type: ignore[no-untyped-def]
        row = AutomationRun.objects.filter(pk=run, state="active", attempts=attempt).first()
        return row is not None and take(run=run, attempt=attempt, at=at)

    def carry_on(*, claim, at=None):  # type: ignore[no-untyped-def]
        by, now, more, done = running.Actor("system", "careless"), at or clock.now(), True, 0
        while more:
            with acting_for(claim.merchant, by=by):
                row = AutomationRun.objects.select_related("automation").get(pk=claim.run)
                flow = running.reading.flow_of(row.edition_id)
                stage = running.stages(flow.steps).get(row.step)
                member = running._held(claim.run)
                if stage and isinstance(stage.step, running.ACTS) and row.state == "active" and member:
                    usual(acting.Acting(row, member, stage.step, flow.budget, now))
            if stage and isinstance(stage.step, GivePoints):
                time.sleep(0.4)  # committed, and not noted yet
            with acting_for(claim.merchant, by=by):
                more = before(run=claim.run, attempt=claim.attempt, at=now)
            done += 1
        return done

    running.act = noted_already  # type: ignore[assignment]
    running.carry_on = carry_on  # type: ignore[assignment]


def main() -> None:
    """Work until there is nothing more."""
    if os.environ.get("CARELESS"):
        careless()
    ahead = timedelta(seconds=float(os.environ.get("AHEAD", "0")))
    usual = clock.now
    clock.now = lambda: usual() + ahead  # type: ignore[assignment]
    idle = 0
    while idle < 2:
        handled = events.dispatch_waiting() + tasks.run_automations()
        idle = 0 if handled else idle + 1
    connection.close()


if __name__ == "__main__":
    main()
