"""Whose a rule is, told by its id: one that was added begins with the public id of whatever added it, and an offer that
was added has that id itself. Pure."""

import re

_OWNER = r"[a-z]{3}_[0-9a-z]{26}"
_OWNED = re.compile(rf"({_OWNER})-[0-9A-Za-z_-]+")


def rule_id(owner: str, own: str) -> str:
    """The id of an added rule: `owner` is a public id ("cmp_01jd…"), `own` tells its rules apart."""
    return f"{owner}-{own}"


def owner_of(rule: str) -> str:
    """The public id of whatever added a rule, by the rule's id; "" for the programme's own."""
    found = _OWNED.fullmatch(rule)
    return found[1] if found else ""


def names_owner(offer: str) -> bool:
    """Whether an offer was added, by its id."""
    return re.fullmatch(_OWNER, offer) is not None
