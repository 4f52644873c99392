"""Which activities count at once, which need proof, and which wait until staff have looked. Pure.

The section `activities` of the programme. Caps and cool-downs stay with the rules; this says what is believed.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec import Meta, Struct

from members.rules.conditions.activities import KIND

type Problems = list[tuple[str, str]]

Link = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x20\x7f]*$(?!\n)")]
Words = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]


class Needs(StrEnum):
    NONE = "none"
    PROOF = (
        "proof"  # a link or a text comes with it; it counts at once, unless somebody else has sent the same
    )
    APPROVAL = "approval"  # staff look at each


class Moderated(Struct, forbid_unknown_fields=True, frozen=True):
    """What an activity of this kind needs. With `proof_required`, what staff look at must come with it."""

    kind: str
    needs: Needs
    proof_required: bool = False


class Activities(Struct, forbid_unknown_fields=True, frozen=True):
    """`kinds` that are not listed count at once. `birthday_grace_days`: so many days after the day itself a birthday
    still counts for who tells it late."""

    kinds: tuple[Moderated, ...] = ()
    birthday_grace_days: int = 7

    def of(self, kind: str) -> Moderated:
        """What a kind needs."""
        return next((found for found in self.kinds if found.kind == kind), Moderated(kind, Needs.NONE))


def check(activities: Activities) -> Problems:
    """Each kind once, in its right form."""
    found: Problems = [("kinds", "At most 50 kinds.")] if len(activities.kinds) > 50 else []
    seen: set[str] = set()
    for index, one in enumerate(activities.kinds):
        if not KIND.fullmatch(one.kind):
            found.append((f"kinds[{index}].kind", "Name it in small letters, like review or social_tag."))
        elif one.kind in ("purchase", "account_created", "birthday", "profile_completed"):
            found.append(
                (f"kinds[{index}].kind", "The programme itself records this: nobody has to prove it.")
            )
        elif one.kind in seen:
            found.append((f"kinds[{index}].kind", "This kind is there already."))
        seen.add(one.kind)
    if not 0 <= activities.birthday_grace_days <= 60:
        found.append(("birthday_grace_days", "Choose 0 to 60 days."))
    return found


class Proof(Struct, forbid_unknown_fields=True, frozen=True):
    """What shows that it was done: the address of a page, which is never fetched, or some words."""

    link: Link = ""
    text: Words = ""

    def problems(self) -> Problems:
        """What is wrong with it as sent."""
        if not self.link and not self.text.strip():
            return [("link", "Give a link or a text.")]
        if self.link and not _is_web(self.link):
            return [("link", "Give the address of a page, beginning with https:// or http://.")]
        return []


_HOST = re.compile(r"[^\s/@:]+\.[^\s/@:.]{2,}")


def _is_web(link: str) -> bool:
    try:
        parts = urlsplit(link)
        _port = parts.port
    except ValueError:
        return False
    named = parts.username is None and parts.password is None
    return parts.scheme in ("http", "https") and named and bool(_HOST.fullmatch(parts.hostname or ""))


_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|igsh(id)?|si|ref|ref_src|share_id")


def same_page(link: str) -> str:
    """The page behind a link, so that two ways of writing it compare: without scheme, www, tracking, fragment and the
    last slash, parameters sorted. For comparing only."""
    parts = urlsplit(link)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    kept = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(name)
    )
    return urlunsplit(("", host, parts.path.rstrip("/"), urlencode(kept), ""))


def why_it_waits(moderated: Moderated, *, duplicate: bool) -> Sequence[str]:
    """Codes of what staff should look at before an activity counts; none when it counts at once."""
    found = ["approval"] if moderated.needs is Needs.APPROVAL else []
    return [*found, "duplicate_proof"] if duplicate and moderated.needs is not Needs.NONE else found
