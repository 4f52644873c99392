"""Rewards from and for others: a donation, a code the shop imported, what a partner gives, anything else."""

from rewards.rules.kinds.base import Codes, KindTerms, Problems, Said, link_problems, text_problems


class Donation(KindTerms, frozen=True):
    """The shop gives `value` of the reward, in minor units, to a charity on the member's behalf."""

    charity: str
    url: str = ""

    @property
    def codes(self) -> Codes:
        return "none"

    def problems(self, said: Said) -> Problems:
        found = text_problems("charity", self.charity, needed=True) + link_problems("url", self.url)
        return found if said.value >= 1 else [*found, ("value", "Say how much is given.")]

    def cost_minor(self, value: int) -> int | None:
        return value


class Coupon(KindTerms, frozen=True):
    """A code out of a pool the shop imported, each to one member. `low_at`: how few must be left for it to be said;
    `url`: where the code is used."""

    low_at: int = 10
    url: str = ""

    @property
    def codes(self) -> Codes:
        return "pool"

    def problems(self, said: Said) -> Problems:
        found = link_problems("url", self.url)
        if not 0 <= self.low_at <= 1_000_000:
            found.append(("terms.low_at", "This number is out of range."))
        return found


class Partner(KindTerms, frozen=True):
    """What another business gives: by a code of ours that it accepts, or out of a pool of its own."""

    partner: str
    url: str = ""
    from_pool: bool = False
    low_at: int = 10

    @property
    def codes(self) -> Codes:
        return "pool" if self.from_pool else "made"

    def problems(self, said: Said) -> Problems:
        found = text_problems("partner", self.partner, needed=True) + link_problems("url", self.url)
        if not 0 <= self.low_at <= 1_000_000:
            found.append(("terms.low_at", "This number is out of range."))
        return found


class Custom(KindTerms, frozen=True):
    """Anything else: its description says what it is."""
