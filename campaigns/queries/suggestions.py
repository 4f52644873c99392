"""What fits a member: products that go with what they buy, and the running offer or reward that fits them best."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from campaigns.models import KnownProduct, ProductLink, SuggestionNight
from campaigns.rules import suggestions as rules
from loyalty.core.programme import queries as programmes
from members.models import Member, Order, OrderLine
from members.queries.offers import MyOffer, offers_of
from members.rules.conditions.belonging import InSegment
from members.rules.filters import Filter
from rewards.models import Reward
from rewards.queries import catalogue

SHOWN = 6
LOOKED_BACK = timedelta(days=365)
MOST_ORDERS = 200
"""Of somebody who buys every day, so many of the last purchases are looked at."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it was last sold."""

    sku: str
    name: str
    category: str

    @property
    def named(self) -> str:
        """Its name, or its number where it has none."""
        return self.name or self.sku


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product for somebody, because they bought another; `times` is in how many of their purchases that was,
    `together` how many customers bought both."""

    product: Product
    because: Product
    times: int
    together: int
    score: float


@dataclass(frozen=True, slots=True)
class NextBest:
    """The offer or the reward that fits a member best now. `fits` says how: `suggested` (it is about a product that
    goes with what they buy), `bought` (about one that they buy), or `open` (about neither: it is there for them).
    `product` is that product, None where it is open."""

    fits: str
    offer: MyOffer | None = None
    reward: Reward | None = None
    product: Product | None = None


@dataclass(frozen=True, slots=True)
class Fitting:
    """Both, for one member. `worked_out_at` is None in a shop where no night has come yet."""

    suggestions: tuple[Suggestion, ...]
    next_best: NextBest | None
    worked_out_at: datetime | None


def night() -> SuggestionNight | None:
    """When the shop's suggestions were worked out, and from how much."""
    return SuggestionNight.objects.first()


def bought_by(member: UUID, *, at: datetime) -> dict[str, int]:
    """The products a member bought within a year, and in how many purchases each; with those of merged cards."""
    merged = Member.objects.filter(merged_into=member).values_list("pk", flat=True)
    orders = Order.objects.filter(
        member__in=[member, *merged], status=Order.Status.RECORDED, placed_at__gte=at - LOOKED_BACK,
        placed_at__lte=at,
    ).order_by("-placed_at")  # fmt: skip
    keys = list(orders.values_list("pk", flat=True)[:MOST_ORDERS])
    lines = OrderLine.objects.filter(order__in=keys, kind="product").exclude(sku="")
    return dict(Counter(sku for sku, _order in {*lines.values_list("sku", "order")}))


def fitting(member: UUID, *, at: datetime, most: int = SHOWN) -> Fitting:
    """What fits a member now. Who has bought nothing is suggested nothing: what everybody buys says nothing about
    them."""
    made = night()
    bought = bought_by(member, at=at)
    found = _suggestions(bought, most, made) if made and bought else ()
    return Fitting(found, next_best(member, bought, found, at=at), made.worked_out_at if made else None)


def fitting_products(member: UUID, *, at: datetime, most: int) -> Fitting | None:
    """The same for a page that tells of offers only beside products: None, and soon known, where there are none."""
    made = night()
    if made is None:
        return None
    bought = bought_by(member, at=at)
    found = _suggestions(bought, most, made) if bought else ()
    return Fitting(found, next_best(member, bought, found, at=at), None) if found else None


def _suggestions(bought: Mapping[str, int], most: int, made: SuggestionNight) -> tuple[Suggestion, ...]:
    links: dict[str, list[tuple[str, float, int]]] = {}
    rows = ProductLink.objects.filter(sku__in=list(bought)).values_list("sku", "other", "score", "together")
    for sku, other, score, together in rows:
        links.setdefault(sku, []).append((other, score, together))
    found = rules.candidates(bought, links)[: most * 20]
    known = _products({*(one.sku for one in found), *bought})
    found = _by_name(found, bought, known)
    best = KnownProduct.objects.filter(sku__in=[one.sku for one in found])
    popular = set(best.filter(rank__lte=rules.best_sellers(made.products)).values_list("sku", flat=True))
    categories = {sku: product.category for sku, product in known.items()}
    return tuple(
        Suggestion(known[one.sku], known[one.because], bought[one.because], one.together, one.score)
        for one in rules.varied(found, most=most, popular=popular, categories=categories)
    )


def _by_name(
    found: list[rules.Candidate], bought: Mapping[str, int], known: Mapping[str, Product]
) -> list[rules.Candidate]:
    """Without what has the name of something they buy, or of a better suggestion: the same under another number."""
    seen = {known[sku].named.casefold() for sku in bought}
    kept = []
    for one in found:
        name = known[one.sku].named.casefold()
        if name not in seen:
            seen.add(name)
            kept.append(one)
    return kept


def _products(skus: set[str]) -> dict[str, Product]:
    rows = KnownProduct.objects.filter(sku__in=list(skus)).values_list("sku", "name", "category")
    found = {sku: Product(sku, name, category) for sku, name, category in rows}
    return {sku: found.get(sku, Product(sku, "", "")) for sku in skus}


# --- the next best offer ------------------------------------------------------------------------------------------


def next_best(
    member: UUID, bought: Mapping[str, int], suggested: tuple[Suggestion, ...], *, at: datetime
) -> NextBest | None:
    """Of the offers a member can activate and the rewards they can have, the one that fits them best: about what is
    suggested to them before about what they buy, and that before any other; an offer before a reward, and the one that
    ends first. None where there is nothing."""
    known = _products(set(bought))
    wanted = [("suggested", one.product) for one in suggested]
    wanted += [("bought", known[sku]) for sku, _times in sorted(bought.items(), key=lambda i: (-i[1], i[0]))]
    found = [*_of_offers(member, wanted, at), *_of_rewards(member, wanted, at)]
    return min(found, key=_rank, default=None)


_FITS = {"suggested": 0, "bought": 1, "open": 2}


def _rank(one: NextBest) -> tuple[int, bool, bool, float, int]:
    ends = one.offer.offer.window.until if one.offer else None
    price = one.reward.cost_points if one.reward else 0
    return _FITS[one.fits], one.offer is None, ends is None, ends.timestamp() if ends else 0.0, -price


type _Wanted = list[tuple[str, Product]]


def _of_offers(member: UUID, wanted: _Wanted, at: datetime) -> list[NextBest]:
    ready = [one for one in offers_of(member, at=at, shown_only=True) if one.state == "ready"]
    filters = _filters()
    found = []
    for one in ready:
        about = filters.get(one.offer.segment, [])
        fits = next(((how, p) for how, p in wanted if any(_is_about(f, p) for f in about)), ("open", None))
        found.append(NextBest(fits[0], offer=one, product=fits[1]))
    return found


def _filters() -> dict[str, list[Filter]]:
    """What the earning rules that follow from each offer look at, by the offer's segment."""
    current = programmes.in_force()
    found: dict[str, list[Filter]] = {}
    for rule in current.programme["earning"].rules if current else ():
        for one in rule.when:
            if isinstance(one, InSegment):
                for segment in one.any_of:
                    found.setdefault(segment, []).append(rule.only)
    return found


def _is_about(rule: Filter, product: Product) -> bool:
    """Whether a rule is about certain products, and this is one of them."""
    if not rule.skus and not rule.categories:
        return False
    return (not rule.skus or product.sku in rule.skus) and (
        not rule.categories or product.category in rule.categories
    )


def _of_rewards(member: UUID, wanted: _Wanted, at: datetime) -> list[NextBest]:
    found = []
    for one in catalogue.offers(member, at=at):
        if not one.can_have:
            continue
        skus = {one.reward.product_sku, *one.reward.terms.get("skus", ())} - {""}
        fits = next(((how, p) for how, p in wanted if p.sku in skus), ("open", None))
        found.append(NextBest(fits[0], reward=one.reward, product=fits[1]))
    return found
