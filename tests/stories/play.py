"""Play a programme model: a shop opens its blueprint in the sandbox, its storefront calls the API, its members look at
their phones, its till takes codes. Nothing here goes around the faces, except the clock of jobs."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.test import Client

from loyalty.blueprints.opening import Opened, open_blueprint
from loyalty.core import clock, ids
from loyalty.core.events.models import Reaction
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import DrawEntry
from members.operations.inviting import Invitation, code_of
from members.operations.membership import join
from tests.api.caller import Caller, key_for
from tests.cast import MARA, days, shop
from tests.web.portal.conftest import mailed_code

_names = count(1)


@dataclass
class Club:
    """A test shop with an opened blueprint. Money is in major units of its currency here."""

    merchant: Merchant
    opened: Opened
    call: Caller
    members: dict[str, str] = field(default_factory=dict)
    phones: dict[str, Client] = field(default_factory=dict)

    def joins(self, name: str, **details: Any) -> str:
        """Somebody joins with an e-mail address; the public id."""
        answer = self.call.post("members", {"email": f"{name}@example.com", "external_id": name, "given_name": name.title(),
                                            **details})  # fmt: skip
        assert answer.status_code == 201, answer.content
        self.members[name] = answer.json()["id"]
        return self.members[name]

    def buys(
        self,
        name: str | None,
        *items: float | dict[str, Any],
        ago: float = 0,
        external_id: str = "",
        **fields: Any,
    ) -> dict[str, Any]:
        """A purchase so many days ago: of amounts, or of lines; what the API answers."""
        who = {"member": {"id": self.members[name]}} if name else {}
        body = {
            "external_id": external_id or f"receipt-{next(_names)}",
            "currency": self.merchant.currency,
            "placed_at": (clock.now() - days(ago)).isoformat(),
            "lines": [self.line(item, number) for number, item in enumerate(items, 1)],
            **who,
            **fields,
        }
        answer = self.call.post("orders", body)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def line(self, item: float | dict[str, Any], number: int) -> dict[str, Any]:
        """A line of an amount, or as given; `price` in major units."""
        line = {"price": item} if not isinstance(item, dict) else dict(item)
        price = line.pop("price")
        return {"sku": f"item-{number}", "amount_minor": round(price * 100), **line}

    def refunds(self, order: dict[str, Any], *numbers: int) -> dict[str, Any]:
        """Lines of an order come back; all of it when none is named."""
        if not numbers:
            answer = self.call.post(f"orders/{order['id']}/cancel", {"cancelled_at": clock.now().isoformat()})
        else:
            lines = {line["number"]: line for line in self.get(f"orders/{order['id']}")["lines"]}
            body = {
                "external_id": f"refund-{next(_names)}",
                "refunded_at": clock.now().isoformat(),
                "lines": [{"number": n, "amount_minor": lines[n]["paid_minor"]} for n in numbers],
            }
            answer = self.call.post(f"orders/{order['id']}/refunds", body)
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    def does(self, name: str, kind: str, **fields: Any) -> dict[str, Any]:
        """Something a member does besides buying."""
        body = {
            "external_id": f"done-{next(_names)}",
            "kind": kind,
            "happened_at": clock.now().isoformat(),
            "member": {"id": self.members[name]},
            **fields,
        }
        answer = self.call.post("activities", body)
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    def get(self, path: str) -> dict[str, Any]:
        """What the API answers to a question."""
        answer = self.call.get(path)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def has(self, name: str, unit: str = "points") -> int:
        """What a member can spend of a unit."""
        found = self.get(f"members/{self.members[name]}/balances")["balances"]
        return next((one["available"] for one in found if one["unit"] == unit), 0)

    def reward(self, handle: str) -> dict[str, Any]:
        """A reward of the catalogue by its handle."""
        return next(one for one in self.get("rewards")["data"] if one["handle"] == handle)

    def redeems(self, name: str, handle: str, **fields: Any) -> dict[str, Any]:
        """A member takes a reward by the storefront's hand, used at once; the redemption with its code."""
        body = {"member": self.members[name], "reward": self.reward(handle)["id"], **fields}
        answer = self.call.post("redemptions", body)
        assert answer.status_code == 201, answer.content
        done = self.call.post(f"redemptions/{answer.json()['id']}/commit", {})
        assert done.status_code == 200, done.content
        return answer.json()

    def cannot_redeem(self, name: str, handle: str) -> list[str]:
        """Why a member cannot have a reward: the codes of the reasons. The request changes nothing."""
        before = self.has(name)
        body = {"member": self.members[name], "reward": self.reward(handle)["id"]}
        answer = self.call.post("redemptions", body)
        assert answer.status_code == 422, answer.content
        assert self.has(name) == before
        return [reason["code"] for reason in answer.json()["reasons"]]

    def codes(self, name: str) -> list[str]:
        """The codes a member was given, oldest first."""
        found = self.get(f"redemptions?member={self.members[name]}")["data"]
        return [one["code"] for one in reversed(found) if one["status"] in ("committed", "reserved")]

    def till_takes(self, code: str) -> int:
        """The till uses a code; the status it is answered with."""
        return self.call.post("vouchers/use", {"code": code}).status_code

    def phone(self, name: str) -> Client:
        """A member's phone, signed in to the portal by a code sent by e-mail."""
        if name not in self.phones:
            phone, email = Client(), f"{name}@example.com"
            phone.post(self.url("sign-in/"), {"email": email})
            answer = phone.post(self.url("sign-in/code/"), {"code": mailed_code(email)})
            assert answer.headers["Location"] == self.url("card/"), answer.content
            self.phones[name] = phone
        return self.phones[name]

    def sees(self, name: str, page: str = "card/") -> str:
        """A page of the portal as the member sees it, as text."""
        answer = self.phone(name).get(self.url(page))
        assert answer.status_code == 200, (page, answer.status_code)
        return answer.content.decode().replace("\u00a0", " ")

    def url(self, path: str) -> str:
        """An address of the portal."""
        return f"/{self.merchant.slug}/{path}"

    def acting(self) -> Any:
        """The scope of the shop's owner, for the clock's jobs."""
        return acting_for(self.merchant, by=MARA)

    def books_hold(self) -> None:
        """Every promise of the books, and of everything that stands on them, is kept."""
        with self.acting():
            assert verify() == []

    def happens_after(self) -> None:
        """What the worker does with what has been committed: referrals are paid, tiers that hang on them are looked
        at."""
        dispatch_waiting()

    def activates(self, name: str, offer: str) -> None:
        """A member takes up an offer on their phone, and sees that it is active."""
        answer = self.phone(name).post(self.url(f"offers/{offer}/activate/"))
        assert (answer.status_code, answer.headers["Location"]) == (303, self.url("card/")), answer.content

    def shares(self, name: str) -> str:
        """The code a member shares with friends."""
        with self.acting():
            return code_of(member=named(self, name), at=clock.now())

    def brings(self, name: str, friend: str, *, email: str = "") -> str:
        """A friend joins by a member's code; the friend's public id."""
        invitation = Invitation(self.shares(name))
        with self.acting():
            identities = {"external": friend, "email": email or f"{friend}@example.com"}
            member = join(at=clock.now(), identities=identities, invitation=invitation).member
        self.members[friend] = ids.encode("mbr", member.pk)
        return self.members[friend]

    def chances(self, name: str, draw: str) -> int:
        """How many chances a member has in a draw."""
        with self.acting():
            found = DrawEntry.objects.filter(member=named(self, name), draw=draw)
            return sum(found.values_list("entries", flat=True))

    def tier_id(self, name: str) -> str:
        """A member's tier; "" for none."""
        return self.get(f"members/{self.members[name]}/tier")["tier"] or ""

    def takes(self, name: str, handle: str) -> str:
        """A member takes a reward on the phone; the code the page then shows."""
        path, phone = f"rewards/{self.reward(handle)['id']}/", self.phone(name)
        key = phone.get(self.url(path)).context["form_key"]
        answer = phone.post(self.url(f"{path}redeem/"), {"form_key": key}, follow=True)
        assert answer.redirect_chain[-1][0].startswith(self.url("codes/")), answer.content
        return self.codes(name)[-1]

    def tier(self, name: str) -> dict[str, Any]:
        """A member's tier, with what is missing to the next one, and its perks."""
        return self.get(f"members/{self.members[name]}/tier")

    def claims(self, name: str, perk: str, *, order: str = "", status: int = 201) -> dict[str, Any]:
        """A member asks for a service of their tier, for an order where one is named; what the API answers."""
        body = {"perk": perk, **({"order": {"external_id": order}} if order else {})}
        answer = self.call.post(f"members/{self.members[name]}/perks/claims", body)
        assert answer.status_code == status, answer.content
        return answer.json()

    def serves(self, claim: dict[str, Any], outcome: str = "") -> dict[str, Any]:
        """Staff log that a service was done."""
        answer = self.call.post(f"perks/claims/{claim['id']}/serve", {"outcome": outcome})
        assert answer.status_code == 200, answer.content
        return answer.json()

    def opens_date(self, handle: str, *, places: int, in_days: float = 14) -> str:
        """The shop opens a date of an event so many days ahead; its public id."""
        starts = (clock.now() + days(in_days)).isoformat()
        answer = self.call.post(
            f"rewards/{self.reward(handle)['id']}/sessions", {"starts_at": starts, "capacity": places}
        )
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]

    def books(self, name: str, date: str) -> dict[str, Any]:
        """A member asks for a place on a date."""
        answer = self.call.post(f"sessions/{date}/bookings", {"member": self.members[name]})
        assert answer.status_code == 201, answer.content
        return answer.json()

    def worker_runs(self) -> None:
        """The worker does what follows by itself: places for those who wait, points spent and given back."""
        dispatch_waiting()
        with self.acting():
            assert not Reaction.objects.exclude(error="").exists()


def opens(blueprint: str, *, currency: str = "SEK", language: str = "en") -> Club:
    """A new shop opens a blueprint in its sandbox."""
    live = shop(currency=currency, language=language)
    sandbox = Merchant.objects.get(sandbox_of=live)
    with acting_for(sandbox, by=MARA):
        opened = open_blueprint(blueprint=blueprint, at=clock.now())
    return Club(sandbox, opened, Caller(key_for(sandbox)))


def named(club: Club, name: str) -> Any:
    """A member's inner id."""
    return ids.decode("mbr", club.members[name])
