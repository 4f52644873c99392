"""What surveys look like over the API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from campaigns.operations.surveys.following_up import LONGEST_NOTE
from loyalty.core.api.pagination import Paged
from loyalty.core.api.spec import Instant

SurveyName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
SurveyHandle = Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9-]*$(?!\n)")]
SurveySegment = Annotated[str, Meta(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
SurveyMember = Annotated[str, Meta(max_length=30, pattern=r"^mbr_[0-9a-z]{26}$(?!\n)")]
FollowUpNote = Annotated[str, Meta(max_length=LONGEST_NOTE)]
Again = Annotated[int, Meta(ge=0, le=3660)]
Rest = Annotated[int, Meta(ge=0, le=365)]


class Survey(Struct):
    """One survey. `content` has `title`, `intro`, `thanks` (each by language) and `questions`. `kind` of a question is
    nps, scale, one, many, yes_no or text; one with `when` follows from an earlier answer. `link` is the address for
    everybody, where members sign in on the way. `mailing` is true while mails are being planned."""

    id: str
    handle: str
    name: str
    state: str
    content: dict[str, Any]
    segment: str
    opens_at: datetime | None
    closes_at: datetime | None
    on_card: bool
    alerts: bool
    again_after_days: int
    rest_days: int
    mailing: bool
    invited: int
    link: str
    created_at: datetime
    changed_at: datetime


class SurveySearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`state` narrows the list."""

    state: Literal["", "draft", "open", "closed"] = ""


class NewSurvey(Struct, forbid_unknown_fields=True, frozen=True):
    """`handle` is made of the name when it is not given, and stays: activities carry it as their `survey`, so that
    earning rules can be about one. `segment` says who is asked, everybody when it is empty. Members answer once, or
    again after `again_after_days`; who was asked or answered anything within `rest_days` is not asked."""

    name: SurveyName
    content: dict[str, Any]
    handle: SurveyHandle = ""
    segment: SurveySegment = ""
    opens_at: Instant | None = None
    closes_at: Instant | None = None
    on_card: bool = True
    alerts: bool = True
    again_after_days: Again = 0
    rest_days: Rest = 30


class SurveyChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is given is changed. Of a survey that was opened only words of its `content` may change."""

    name: SurveyName | UnsetType = UNSET
    content: dict[str, Any] | UnsetType = UNSET
    segment: SurveySegment | UnsetType = UNSET
    opens_at: Instant | UnsetType | None = UNSET
    closes_at: Instant | UnsetType | None = UNSET
    on_card: bool | UnsetType = UNSET
    alerts: bool | UnsetType = UNSET
    again_after_days: Again | UnsetType = UNSET
    rest_days: Rest | UnsetType = UNSET


class NewSurveyAnswer(Struct, forbid_unknown_fields=True, frozen=True):
    """What a member answers, by the ids of the questions: a number for nps and scale, an option's id for one, a list of
    them for many, true or false for yes_no, words for text."""

    member: SurveyMember
    answers: dict[str, Any]


class GivenAnswer(Struct):
    """An answer. `points` is what it earned by the programme's rules; `member` is null once they are erased, and
    what they wrote is gone with them. `tier` and `segments` are theirs as they were."""

    id: str
    survey: str
    member: str | None
    answers: dict[str, Any]
    score: int | None
    points: int
    tier: str
    segments: list[str]
    came_by: str
    answered_at: datetime


class SurveyLinkFor(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose link."""

    member: SurveyMember


class SurveyLink(Struct):
    """A member's own link: good for this survey, without signing in, as long as it is open."""

    url: str


class NpsFigure(Struct):
    """The Net Promoter Score from −100 to 100 with its 95 % interval (Bonett and Price 2012); null without answers.
    `few` is true below 30 answers: too few to build on."""

    answers: int
    promoters: int
    passives: int
    detractors: int
    score: float | None
    low: float | None
    high: float | None
    few: bool


class AnswerCount(Struct):
    """How many gave an answer, and their share of those who answered the question."""

    value: str | int | bool
    count: int
    share: float


class QuestionResult(Struct):
    """What was answered to a question; `mean` of numbers. Words are with the answers."""

    question: str
    kind: str
    answers: int
    mean: float | None
    counts: list[AnswerCount]


class GroupResult(Struct):
    """The score of a tier or a segment, as members were when they answered; `nps` is null below 5 answers, where one
    could see who said what."""

    kind: str
    name: str
    answers: int
    nps: NpsFigure | None


class MonthResult(Struct):
    """The score of a month like 2026-03, in the shop's zone."""

    month: str
    nps: NpsFigure


class SurveyResults(Struct):
    """Everything a survey found out."""

    answers: int
    members: int
    nps: NpsFigure | None
    questions: list[QuestionResult]
    groups: list[GroupResult]
    months: list[MonthResult]


class FollowUpSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`state` waiting lists those nobody is done with."""

    state: Literal["waiting", "done"] = "waiting"


class FollowUp(Struct):
    """A member who would not recommend the shop. `state` is open, taken or done."""

    id: str
    survey: str
    answer: str
    member: str
    score: int
    state: str
    note: str
    opened_at: datetime
    changed_at: datetime


class FollowUpChange(Struct, forbid_unknown_fields=True, frozen=True):
    """How far it is; `note` is what was done, left as it is where it is not given."""

    state: Literal["open", "taken", "done"]
    note: FollowUpNote | None = None
