"""What fits a member: products with the reason for each, and the offer or reward that fits best now."""

from datetime import datetime
from typing import Annotated

from django.urls import path
from msgspec import Meta, Struct

from campaigns.queries.suggestions import NextBest, Suggestion, fitting
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.spec import endpoint
from members.queries.directory import taking_part

MOST = 24


class SuggestionSearch(Struct, forbid_unknown_fields=True, frozen=True):
    """How many products."""

    limit: Annotated[int, Meta(ge=1, le=MOST)] = 6


class SuggestedProduct(Struct):
    """A product as it was last sold."""

    sku: str
    name: str
    category: str


class ProductSuggestion(Struct):
    """A product that goes with what the member buys. `because` is what they bought, in `times` of their purchases;
    `together` is how many customers of the shop bought both; `score` is for sorting alone."""

    product: SuggestedProduct
    because: SuggestedProduct
    times: int
    together: int
    score: float


class NextBestOffer(Struct):
    """The offer to activate (`offer`, its id) or the reward they have enough for (`reward`) that fits best. `fits` is
    suggested (about a product that goes with what they buy), bought (about one they buy) or open (about neither)."""

    fits: str
    offer: str | None
    reward: str | None
    product: SuggestedProduct | None


class SuggestionsOfMember(Struct):
    """`worked_out_at` is null in a shop where no night has come yet. Never only best-sellers: at most a third of the
    products are among the shop's most bought tenth (twenty at most), at most two are of a category."""

    member: str
    worked_out_at: datetime | None
    suggestions: list[ProductSuggestion]
    next_best: NextBestOffer | None


def _told(one: Suggestion) -> ProductSuggestion:
    return ProductSuggestion(
        product=SuggestedProduct(one.product.sku, one.product.name, one.product.category),
        because=SuggestedProduct(one.because.sku, one.because.name, one.because.category),
        times=one.times, together=one.together, score=round(one.score, 6),
    )  # fmt: skip


def _best(one: NextBest) -> NextBestOffer:
    return NextBestOffer(
        fits=one.fits, offer=one.offer.offer.id if one.offer else None,
        reward=ids.encode("rwd", one.reward.pk) if one.reward else None,
        product=SuggestedProduct(one.product.sku, one.product.name, one.product.category) if one.product else None,
    )  # fmt: skip


class MemberSuggestions(Endpoint):
    @endpoint(
        summary="Read what fits a member",
        scope="suggestions:read",
        query=SuggestionSearch,
        answers={200: SuggestionsOfMember},
    )
    def get(self, call: Call, id: str) -> SuggestionsOfMember:  # noqa: A002 - the address's own word
        """Products that go with what they bought within a year and that they have not bought, and the best offer.
        Worked out each night."""
        member = taking_part(ids.decode("mbr", id))
        found = fitting(member.pk, at=call.at, most=call.query.limit)
        return SuggestionsOfMember(
            member=ids.encode("mbr", member.pk),
            worked_out_at=found.worked_out_at,
            suggestions=[_told(one) for one in found.suggestions],
            next_best=_best(found.next_best) if found.next_best else None,
        )


urlpatterns = [path("members/<str:id>/suggestions", MemberSuggestions.as_view())]
