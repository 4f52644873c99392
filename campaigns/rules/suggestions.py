"""What goes with what, from past purchases alone, and which of it to suggest to somebody. Pure.

**Items to items.** Of the matrix of customers × products (1 where a customer bought a product within the year; a
purchase of nobody known is a customer of its own), the products of its columns with each other are how many bought
both. The strength of a pair, for somebody who bought i:

    score(i, j) = c(i, j) / (n(i)^0.7 · n(j)^0.3) · c(i, j) / (c(i, j) + 5)

with c how many bought both and n how many bought one. The power of n(j) keeps the best-seller from going with
everything without hiding it, as in Deshpande and Karypis, *Item-based top-N recommendation algorithms* (ACM TOIS 22(1),
2004); the second factor damps pairs that rest on few. That customers and not single purchases are the rows, and the
0.3, were chosen on four weeks of the demo's real purchases; `tests/prove/suggestions.py` measures on the four weeks
after those.

**Never only the most popular.** Of what is suggested to somebody at most a third is among the shop's best-sellers (the
most bought tenth of its products, twenty at most), at most two are of the same category, and at most two stand there
because of the same product. Where that leaves too few, fewer are suggested.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

LEAST_BOUGHT = 4
"""A product that fewer have bought goes with nothing yet."""
LEAST_TOGETHER = 3
DAMPING = 5
POPULARITY = 0.3
"""How much it counts against a product that many have bought it: 0 not at all, 0.5 as much as for the other."""
BIGGEST = 1000
"""Who bought more different products than this is no shopper: it says nothing about what goes together."""
KEPT = 12
"""How many go with one product."""
POPULAR = 20
"""So many best-sellers a shop has at most."""
OF_ONE_CATEGORY = 2
OF_ONE_REASON = 2


def best_sellers(products: int) -> int:
    """How many of a shop's products are its best-sellers: a tenth, at least one, at most `POPULAR`."""
    return min(POPULAR, max(1, products // 10))


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs, the best first for each product: `of` and `to` are products by their numbers."""

    of: NDArray[np.int64]
    to: NDArray[np.int64]
    place: NDArray[np.int64]
    score: NDArray[np.float64]
    together: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.of)


def related(customers: ArrayLike, products: ArrayLike, *, kept: int = KEPT) -> Links:
    """What goes with each product. Two columns of equal length, a row for a product that a customer bought: their
    numbers, counted from 0, in any order and also more than once."""
    rows, columns = np.asarray(customers, dtype=np.int64), np.asarray(products, dtype=np.int64)
    if not len(rows):
        nothing = np.empty(0, np.int64)
        return Links(nothing, nothing, nothing, np.empty(0), nothing)
    shape = (int(rows.max()) + 1, int(columns.max()) + 1)
    bought = sparse.csr_matrix((np.ones(len(rows), np.float64), (rows, columns)), shape=shape)
    bought.data[:] = 1.0
    sizes = np.asarray(bought.sum(axis=1)).ravel()
    bought = bought[(sizes > 1) & (sizes <= BIGGEST)]
    number = np.asarray(bought.sum(axis=0)).ravel()
    together = (bought.T @ bought).tocoo()
    use = (
        (together.row != together.col)
        & (together.data >= LEAST_TOGETHER)
        & (number[together.row] >= LEAST_BOUGHT)
        & (number[together.col] >= LEAST_BOUGHT)
    )
    of, to, both = together.row[use].astype(np.int64), together.col[use].astype(np.int64), together.data[use]
    usual = number[of] ** (1 - POPULARITY) * number[to] ** POPULARITY
    score = both / usual * both / (both + DAMPING)
    best = np.lexsort(
        (to, -score, of)
    )  # equal scores in the order of the products, so that a night is like the next
    of, to, both, score = of[best], to[best], both[best], score[best]
    starts = np.r_[0, np.flatnonzero(np.diff(of)) + 1] if len(of) else np.empty(0, np.int64)
    lengths = np.diff(np.r_[starts, len(of)])
    place = np.arange(len(of)) - np.repeat(starts, lengths) + 1
    top = place <= kept
    return Links(of[top], to[top], place[top], score[top], both[top].astype(np.int64))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that could be suggested. `because` is the one they bought that speaks for it most."""

    sku: str
    score: float
    because: str
    together: int


type Linked = Mapping[str, Sequence[tuple[str, float, int]]]
"""What goes with a product: (product, score, bought together), by the product they bought."""


def candidates(bought: Mapping[str, int], links: Linked) -> list[Candidate]:
    """What goes with what somebody bought (product: how many purchases), the best first, without what they have. Often
    bought counts for more, but not in proportion: 1 + ln(times)."""
    scores: dict[str, float] = {}
    reasons: dict[str, tuple[float, str, int]] = {}
    for sku, times in sorted(bought.items()):
        weight = 1 + log(max(1, times))
        for other, score, together in links.get(sku, ()):
            if other in bought:
                continue
            part = weight * score
            scores[other] = scores.get(other, 0.0) + part
            if other not in reasons or part > reasons[other][0]:
                reasons[other] = (part, sku, together)
    found = [Candidate(sku, score, reasons[sku][1], reasons[sku][2]) for sku, score in scores.items()]
    return sorted(found, key=lambda one: (-one.score, one.sku))


def varied(
    found: Iterable[Candidate], *, most: int, popular: Collection[str], categories: Mapping[str, str]
) -> list[Candidate]:
    """The best of them by the rule of this module: at most a third popular, two of a category, two for one reason."""
    chosen: list[Candidate] = []
    of_category: Counter[str] = Counter()
    of_reason: Counter[str] = Counter()
    popular_left = most // 3
    for one in found:
        category = categories.get(one.sku, "")
        if len(chosen) >= most:
            break
        if one.sku in popular and not popular_left:
            continue
        if of_reason[one.because] >= OF_ONE_REASON or (category and of_category[category] >= OF_ONE_CATEGORY):
            continue
        popular_left -= one.sku in popular
        of_category[category] += 1
        of_reason[one.because] += 1
        chosen.append(one)
    return chosen
