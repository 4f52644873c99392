"""Rewards that are things."""

from rewards.rules.kinds.base import KindTerms, Problems, Said, sku_problems


class Thing(KindTerms, frozen=True):
    """The article is `product_sku` of the reward; `skus` are others that do as well, for the member to choose
    from."""

    skus: tuple[str, ...] = ()

    def problems(self, said: Said) -> Problems:
        return sku_problems(self.skus)


class FreeProduct(Thing, frozen=True):
    """A product for free."""


class Sample(Thing, frozen=True):
    """A sample to try."""


class ExclusiveProduct(Thing, frozen=True):
    """A product that cannot be bought: a limited edition, a thing for members alone."""

    def problems(self, said: Said) -> Problems:
        found = sku_problems(self.skus)
        if not said.product_sku and not self.skus:
            found.append(("product_sku", "Say which article it is."))
        return found
