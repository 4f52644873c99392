"""Where a member belongs: their tier, their segments."""

from members.rules.conditions.base import Base, Case, Problems, Verdict, listed
from members.rules.needs import Need
from members.rules.phrases import Names, Phrase, Telling
from members.rules.phrases import gettext_lazy as _


class InTier(Base, frozen=True, tag="tier", kw_only=True):
    """The member is in one of these tiers, by id, when it happens."""

    any_of: tuple[str, ...]
    needs = frozenset({Need.TIER})

    def holds(self, case: Case) -> Verdict:
        found = case.facts.member.tier
        holds = found in self.any_of
        return Verdict(
            holds, "tier" if holds else "other_tier", {"found": found, "wanted": list(self.any_of)}
        )

    def problems(self) -> Problems:
        return listed("any_of", self.any_of)

    def says(self) -> Phrase:
        return _("for the tier {names}", names=Names(self.any_of))

    tells = {
        "tier": Telling(lambda v: _("the member's tier is {found}", found=v["found"])),
        "other_tier": Telling(
            lambda v: _("it is for the tier {names}; the member's is {found}", names=Names(tuple(v["wanted"])),
                        found=v["found"] or _("none")),
            lambda v: _("it is for the tier {names}", names=Names(tuple(v["wanted"]))),
        ),
    }  # fmt: skip


class InSegment(Base, frozen=True, tag="segment", kw_only=True):
    """The member is in any of some segments and in none of others. Members are not told which."""

    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    needs = frozenset({Need.SEGMENTS})

    def holds(self, case: Case) -> Verdict:
        found = case.facts.member.segments
        values = {"any_of": list(self.any_of), "none_of": list(self.none_of),
                  "found": sorted(found.intersection((*self.any_of, *self.none_of)))}  # fmt: skip
        if self.any_of and found.isdisjoint(self.any_of):
            return Verdict(False, "not_in_segment", values)
        if not found.isdisjoint(self.none_of):
            return Verdict(False, "in_other_segment", values)
        return Verdict(True, "segment", values)

    def problems(self) -> Problems:
        if not self.any_of and not self.none_of:
            return [("any_of", "Name at least one segment.")]
        return [
            problem
            for name, values in (("any_of", self.any_of), ("none_of", self.none_of))
            if values
            for problem in listed(name, values)
        ]

    def says(self) -> Phrase:
        inside, outside = Names(self.any_of), Names(self.none_of)
        if self.any_of and self.none_of:
            return _("for the segment {inside}, without {outside}", inside=inside, outside=outside)
        return (
            _("for the segment {names}", names=inside) if self.any_of else _("without {names}", names=outside)
        )

    def says_plainly(self) -> Phrase:
        return _("for chosen members")

    tells = {
        "segment": Telling(lambda v: _("the member is in the right segment"), hidden=True),
        "not_in_segment": Telling(
            lambda v: _(
                "it is for the segment {names}, and the member is not in it", names=Names(tuple(v["any_of"]))
            ),
            hidden=True,
        ),
        "in_other_segment": Telling(
            lambda v: _("it leaves out who is in {names}", names=Names(tuple(v["found"]))), hidden=True
        ),
    }
