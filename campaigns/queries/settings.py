"""What a shop has decided about its messages, and what counts where it has not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.models import KindSetting, Sending
from campaigns.rules.timing import Quiet

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """All of it: which kinds are off, the shop's own words by kind and language, when it writes and how often."""

    off: frozenset[str] = frozenset()
    words: Mapping[str, Words] = field(default_factory=dict)
    quiet: Quiet = field(default_factory=Quiet)
    weekly_most: int | None = 5

    def own_words(self, kind: str, language: str) -> Mapping[str, str]:
        """The shop's own `subject` and `body` of a kind in a language; empty where the house's count."""
        return self.words.get(kind, {}).get(language, {})


def chosen() -> Chosen:
    """What the shop acted for has decided; two queries."""
    rows = list(KindSetting.objects.all())
    sending = Sending.objects.first()
    common: dict[str, Any] = {
        "off": frozenset(row.kind for row in rows if not row.on),
        "words": {row.kind: row.words for row in rows},
    }
    if sending is None:
        return Chosen(**common)
    quiet = Quiet(sending.quiet_from, sending.quiet_until)
    return Chosen(**common, quiet=quiet, weekly_most=sending.weekly_most or None)
