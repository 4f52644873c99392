"""What a challenge can begin with: good ones that a shop only has to adjust."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from campaigns.rules.games import Measure, Milestone, Pace, Task, Terms


@dataclass(frozen=True, slots=True)
class Start:
    """A challenge to begin with: what it is called, what it is good for, and its terms."""

    name: Any
    text: Any
    icon: str
    terms: Terms
    board: bool = False


STARTS: Mapping[str, Start] = {
    "variety": Start(
        gettext_lazy("Taste around"),
        gettext_lazy("Three different kinds of goods in a month. Members find what they did not know."),
        "layout-grid",
        Terms(Measure.CATEGORIES, (Milestone(2, points=20), Milestone(3, points=50)), Pace.MONTH),
    ),
    "five": Start(
        gettext_lazy("High five"),
        gettext_lazy("Five purchases in a month, with something small on the way."),
        "shopping-bag",
        Terms(Measure.PURCHASES, (Milestone(3, points=20), Milestone(5, points=50)), Pace.MONTH),
    ),
    "streak": Start(
        gettext_lazy("Every week"),
        gettext_lazy("A purchase each week, eight weeks in a row; one week may be missed."),
        "flame",
        Terms(Measure.STREAK, (Milestone(4, points=40), Milestone(8, points=100)), grace=1),
    ),
    "spend": Start(
        gettext_lazy("Season’s goal"),
        gettext_lazy("What members spend adds up; a goal to reach gives them something."),
        "banknote",
        Terms(Measure.AMOUNT, (Milestone(50_000, points=50), Milestone(100_000, points=150))),
    ),
    "contest": Start(
        gettext_lazy("Photo contest"),
        gettext_lazy("Photos, shares and reviews score, on a board. You look at each before it counts."),
        "trophy",
        Terms(
            Measure.SCORE, (Milestone(10, points=50), Milestone(25, points=150)),
            tasks=(Task("photo", 5, 3), Task("social_share", 3, 5), Task("review", 3, 5), Task("", 1, None)),
        ),
        board=True,
    ),
}  # fmt: skip
