"""Somebody about whom everything is known: in every field the product lets somebody type, each with a text that stands
nowhere else."""

from typing import Any
from uuid import UUID

from django.core import mail
from django.core.cache import cache
from django.test import Client

from campaigns.api.surveys import EXAMPLE as SURVEY
from campaigns.models import Message
from campaigns.operations.planning import New, plan
from campaigns.operations.sending import deliver
from campaigns.operations.suppressing import suppress
from loyalty.connectors.wallets import operations as wallets
from loyalty.core import clock, ids
from loyalty.core.events.models import Event, Reaction
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.jobs.tasks import run_waiting
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.core.webhooks.models import Delivery
from loyalty.core.webhooks.operations import add_endpoint, send_test
from loyalty.exchange.operations import ask_for_export, begin_import, check_import, run_import
from members.operations.allowances import set_limits
from members.operations.approvals import ask_adjustment, refuse_adjustment
from members.operations.inviting import code_of
from members.operations.provider_memberships import link
from members.rules.adjusting import Limit, Limits
from rewards.models import Fulfilment
from rewards.operations.catalogue import create_reward
from rewards.operations.fulfilment import move_fulfilment
from tests.api.caller import Caller, an_activity, an_order, key_for
from tests.cast import ENGRAVING, MARA, ONE_POINT_PER_KRONA, publish
from tests.wallets import papers
from tests.web.portal.conftest import mailed_code

EMAIL, OTHER_EMAIL = "wilhelmina@zetterquist.example", "w.zetterquist@elsewhere.example"
NEW_EMAIL = "wz@newer.example"
PHONE = "+46701740699"
LOOKED_AT = {"kinds": [{"kind": "review", "needs": "approval"}]}
THANKS = {
    "type": "fixed",
    "id": "thanks",
    "amount": 5,
    "when": [{"type": "activity", "kinds": ["review", "photo"]}],
}
LADDER = {"by": "spend", "ladder": [{**ENGRAVING["ladder"][0], "perks": [
    {"id": "stylist", "kind": "concierge"}, {"id": "engraving", "kind": "personalisation"}]},
    {"id": "gold", "at_least": 90_000_000}]}  # fmt: skip
QUESTIONS = {"questions": [{"id": "roast", "name": {"en": "Which roast?"},
                            "options": [{"id": "dark", "name": {"en": "Dark"}}]}]}  # fmt: skip


class Everything:
    """Wilhelmina's life with the shop, told field by field; `values` is what was typed about her, by field."""

    def __init__(self, merchant: Merchant):
        self.merchant = merchant
        self.values: dict[str, str] = {
            "email": EMAIL, "phone": PHONE, "birthday": "1957-11-23", "other email": OTHER_EMAIL, "new email": NEW_EMAIL,
        }  # fmt: skip
        self.call = Caller(key_for(merchant))
        self.phone = Client()

    def said(self, field: str) -> str:
        """A text that stands nowhere else, typed into that field."""
        self.values[field] = "Zq" + field.title().replace(" ", "")
        return self.values[field]

    def post(self, path: str, body: Any = None, *, status: tuple[int, ...] = (200, 201)) -> Any:
        """Over the API, with a key: its answer is kept."""
        answer = self.call.post(path, body)
        assert answer.status_code in status, (path, answer.status_code, answer.content)
        return answer.json()

    def member(self) -> UUID:
        return ids.decode("mbr", self.id)

    def live(self) -> None:
        self.joins()
        self.buys()
        self.does()
        self.takes()
        self.pays()
        self.is_adjusted()
        self.signs_in()
        self.brings_a_friend()
        self.is_asked()
        self.is_merged()
        self.is_in_files()
        self.is_written_to()
        self.is_told_of()
        self.is_on_phones()

    def joins(self) -> None:
        body = {
            "external_id": self.said("own id"), "email": EMAIL, "phone": PHONE, "card": self.said("card"),
            "given_name": self.said("given name"), "family_name": self.said("family name"), "birthday": "1957-11-23",
            "news_by_email": True, "news_by_sms": True, "language": "sv",
            "signals": {"device": self.said("device"), "address": self.said("address"),
                        "payment_card": self.said("payment card")},
        }  # fmt: skip
        self.id = self.post("members", body)["id"]
        # Signals are kept as keyed hashes: there is nothing to find of them, before or after.
        for hashed in ("device", "address", "payment card"):
            self.unkept[hashed] = self.values.pop(hashed)
        self.values["card"] = self.values["card"].upper()
        self.call("PUT", f"members/{self.id}/preferences/roast", {"chosen": ["dark"]})
        self.post(f"members/{self.id}/block", {"reason": self.said("block reason")})
        self.post(f"members/{self.id}/unblock")

    unkept: dict[str, str] = {}

    def buys(self) -> None:
        order = an_order(external_id="receipt-w", kronor=900, member=None)
        self.order = self.post("orders", {**order, "member": {"id": self.id}})["id"]
        self.post("orders/refunds", {"order_external_id": "receipt-w", "external_id": "r1", "amount_minor": 100,
                                     "refunded_at": "2026-03-03T09:00:00+01:00"})  # fmt: skip

    def does(self) -> None:
        """Three reviews: let through, refused, and undone; each with all that can be told of it."""

        def reviewed(kind: str) -> str:
            proof = {
                "link": f"https://example.com/{self.said(kind + ' link')}",
                "text": self.said(kind + " text"),
            }
            properties = {"text": self.said(kind + " words"), "more": self.said(kind + " more")}
            body = {**an_activity("", properties=properties, proof=proof), "member": {"id": self.id}}
            return str(self.post("activities", body, status=(200, 201, 202))["id"])

        let_through, refused, undone = reviewed("approved"), reviewed("refused"), reviewed("undone")
        self.post(f"activities/{let_through}/approve", {"note": self.said("approve note")})
        self.post(f"activities/{refused}/refuse", {"note": self.said("refuse note")})
        self.post(f"activities/{undone}/approve", {"note": self.said("first note")})
        self.post(f"activities/{undone}/undo", {"note": self.said("undo note")})
        claim = {"perk": "stylist", "note": self.said("claim note")}
        served = self.post(f"members/{self.id}/perks/claims", claim)["id"]
        self.post(f"perks/claims/{served}/serve", {"outcome": self.said("claim outcome")})
        claim = {"perk": "engraving", "note": self.said("engraving note")}
        cancelled = self.post(f"members/{self.id}/perks/claims", claim)["id"]
        self.post(f"perks/claims/{cancelled}/cancel", {"outcome": self.said("cancel outcome")})
        tier = {"tier": "gold", "reason": self.said("tier reason"), "last_day": "2030-01-01"}
        assert self.call("PUT", f"members/{self.id}/tier", tier).status_code == 200
        self.post(f"members/{self.id}/tier/end", {"reason": self.said("tier end reason")})

    def takes(self) -> None:
        with acting_for(self.merchant, by=MARA):
            coffee = {"kind": "free_product", "name": {"en": "Coffee"}, "cost_points": 10}
            plain = ids.encode("rwd", create_reward(at=clock.now(), details=coffee).pk)
            sent = {**coffee, "name": {"en": "Mug"}, "delivery": "shipped"}
            mug = ids.encode("rwd", create_reward(at=clock.now(), details=sent).pk)
        for number in range(3):
            taken = self.post("redemptions", {"member": self.id, "reward": plain})
            self.values[f"code {number}"] = taken["code"]
            if number == 0:
                self.post(f"redemptions/{taken['id']}/release", {"reason": self.said("release reason")})
            if number == 1:
                self.post(f"redemptions/{taken['id']}/commit")
                self.post(f"redemptions/{taken['id']}/reverse", {"reason": self.said("reverse reason")})
        parcel = self.post("redemptions", {"member": self.id, "reward": mug})
        self.post(f"redemptions/{parcel['id']}/commit")
        with acting_for(self.merchant, by=MARA):
            row = Fulfilment.objects.get()
            move_fulfilment(fulfilment=row.pk, to="prepared", reference=self.said("shelf"), at=clock.now())
            row_id = ids.encode("ful", row.pk)
        self.values.pop("shelf")  # the next note takes its place
        self.post(f"fulfilments/{row_id}/move", {"to": "sent", "reference": self.said("parcel")})

    def pays(self) -> None:
        made = self.post("memberships", {"member": self.id, "plan": "plus"})["id"]
        paid = {"external_id": "receipt-m", "amount_minor": 29_900, "paid_at": "2026-03-02T09:00:00+01:00"}
        self.post(f"memberships/{made}/payments", paid)
        self.post(f"memberships/{made}/refund", {"reason": self.said("fee reason")})
        with acting_for(self.merchant, by=MARA):
            link(membership=ids.decode("pmb", made), subscription="sub_w", customer=self.said("customer"))

    def is_adjusted(self) -> None:
        self.post(f"members/{self.id}/adjustments", {"amount": 40, "reason": self.said("adjust reason")})
        friend = self.post("members", {"external_id": "friend"})["id"]
        gift = self.post("transfers", {"giver": {"id": self.id}, "receiver": {"id": friend}, "amount": 5})[
            "id"
        ]
        self.post(f"transfers/{gift}/undo", {"reason": self.said("gift reason")})
        with acting_for(self.merchant, by=Actor("staff", str(ids.new()), "owner")):
            set_limits(limits=Limits(owner=Limit(day=1_000)), at=clock.now())
            asked = ask_adjustment(members=[ids.decode("mbr", self.id)], amount=5_000, reason=self.said("ask reason"),
                                   key="k", at=clock.now())  # fmt: skip
        with acting_for(self.merchant, by=Actor("staff", str(ids.new()), "owner")):
            refuse_adjustment(request=asked.pk, note=self.said("ask note"), at=clock.now())

    def signs_in(self) -> None:
        """On one phone to the end, and there with a newer address; on others only as far as the code."""
        slug = self.merchant.slug
        steps = [(Client(), "sign-in", EMAIL), (self.phone, "sign-in", EMAIL), (self.phone, "profile/email", NEW_EMAIL),
                 (Client(), "sign-in", NEW_EMAIL)]  # fmt: skip
        for phone, where, address in steps:
            answer = phone.post(f"/{slug}/{where}/", {"email": address})
            assert answer.status_code == 303, (where, answer.status_code)
            cache.clear()  # no limit of codes for this
            if phone is not self.phone:
                continue
            code = mailed_code(address)
            assert phone.post(f"/{slug}/sign-in/code/", {"code": code}).status_code in (302, 303)
            assert phone.get(f"/{slug}/card/").status_code == 200
        mail.outbox.clear()
        self.unkept["email"] = self.values.pop("email")  # the newer address took its place

    def brings_a_friend(self) -> None:
        with acting_for(self.merchant, by=MARA):
            code = code_of(member=ids.decode("mbr", self.id), at=clock.now())
        self.values["friends' code"] = code
        seen = {"device": self.unkept["device"]}
        for number in (1, 2):
            body = {"external_id": f"brought-{number}", "referral_code": code, "signals": seen}
            self.post("members", body)
        held = self.call.get("referrals?status=held").json()["data"]
        assert len(held) == 2
        self.post(f"referrals/{held[0]['id']}/approve", {"note": self.said("sister note")})
        self.post(f"referrals/{held[1]['id']}/refuse", {"note": self.said("same person note")})

    def is_asked(self) -> None:
        """She answers a survey unhappily, and staff note what they did about it."""
        made = self.post("surveys", SURVEY)["id"]
        self.post(f"surveys/{made}/open")
        said = {"recommend": 2, "why": self.said("survey why")}
        self.post(f"surveys/{made}/answers", {"member": self.id, "answers": said})
        row = self.call.get("survey-follow-ups").json()["data"][0]["id"]
        note = {"state": "taken", "note": self.said("follow-up note")}
        assert self.call("PATCH", f"survey-follow-ups/{row}", note).status_code == 200

    def is_merged(self) -> None:
        """She had a second card, with another name and another address."""
        other = {
            "external_id": self.said("second id"),
            "email": OTHER_EMAIL,
            "given_name": self.said("second name"),
        }
        second = self.post("members", other)["id"]
        self.post(f"members/{second}/adjustments", {"amount": 7, "reason": self.said("second reason")})
        phone = Client()  # an account is opened for the address before anybody has proven it
        assert phone.post(f"/{self.merchant.slug}/sign-in/", {"email": OTHER_EMAIL}).status_code == 303
        cache.clear()
        self.post(f"members/{self.id}/merge", {"remove": second})
        for field in ("other email", "second id", "second name"):  # she keeps those of the card that stays
            self.unkept[field] = self.values.pop(field)

    def is_in_files(self) -> None:
        head = "email,given name,accepts marketing,consent date,proof"
        good = f"{NEW_EMAIL},{self.values['given name']},yes,1/3/2026,{self.said('proof')}"
        bad = f"nonsense,{self.said('bad row')},,,"
        with acting_for(self.merchant, by=MARA):
            begun = begin_import(kind="members", name=f"{self.said('file name')}.csv", at=clock.now(),
                                 chunks=[f"{head}\n{good}\n{bad}\nnew@example.com,New,,,\n".encode()])  # fmt: skip
            check_import(imported=begun.pk, fields=begun.fields, options={}, at=clock.now())
        run_waiting()
        with acting_for(self.merchant, by=MARA):
            run_import(imported=begun.pk, at=clock.now())
            ask_for_export(name="members", at=clock.now())
        run_waiting()

    def is_written_to(self) -> None:
        now = clock.now()
        with acting_for(self.merchant, by=MARA):
            plan(messages=[New(member=self.member(), kind="welcome", occasion="again", due_at=now)], at=now)
        dispatch_waiting()
        deliver(seconds=20)
        with acting_for(self.merchant, by=MARA):
            Message.objects.filter(member=self.member()).update(provider_id=self.said("mail id"))
            suppress(channel="email", address=NEW_EMAIL, reason="bounce", at=now)
        mail.outbox.clear()

    def is_told_of(self) -> None:
        """What a receiver of webhooks answered, and what a consumer complained of, may say anything."""
        with acting_for(self.merchant, by=MARA):
            about = Event.objects.filter(subject=self.member()).order_by("id").first()
            assert about
            endpoint, _secret = add_endpoint(url="https://till.example/hook", kinds=["*"], at=clock.now())
            send_test(endpoint=endpoint.pk, at=clock.now())
            Delivery.objects.update(event_number=about.pk, response=self.said("hook answer"),
                                    log=[{"error": self.said("hook log")}])  # fmt: skip
            Reaction.objects.create(event_number=about.pk, consumer="members.test", due_at=clock.now(),
                                    parked_at=clock.now(), error=f"KeyError: {self.said('complaint')}")  # fmt: skip

    def is_on_phones(self) -> None:
        with acting_for(self.merchant, by=MARA):
            wallets.connect_apple(files=papers.files(), at=papers.AT)
            wallets.connect_google(key_file=papers.key_file(), issuer=papers.ISSUER, at=papers.AT)
            row = wallets.issue_pass(member=self.member(), platform="apple", at=papers.AT)
            wallets.issue_pass(member=self.member(), platform="google", at=papers.AT)
            wallets.register_device(
                wallet_pass=row.pk, device="ZqDeviceName", push_token="ZqPushToken", at=papers.AT
            )


def opened(merchant: Merchant) -> None:
    """A programme with all that can be typed into."""
    with acting_for(merchant, by=MARA):
        publish(
            ONE_POINT_PER_KRONA, THANKS, activities=LOOKED_AT, tiers=LADDER, questions=QUESTIONS,
            referrals={"on": True}, sharing={"transfers": {"on": True}, "household": {"on": True}},
            membership_plans={"plans": [{"id": "plus", "price_minor": 29_900}]},
        )  # fmt: skip
