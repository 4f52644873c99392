"""One of each thing that the API knows, made by it."""

from campaigns.api.surveys import EXAMPLE as SURVEY
from campaigns.tasks import run_automations
from loyalty.core.events.tasks import dispatch_waiting
from tests.api.caller import an_activity, an_order
from tests.api.conftest import PLANS, QUESTIONS, SHARING
from tests.cast import ENGRAVING, ONE_POINT_PER_KRONA, shop

EXPERIMENT = {"name": "Try", "kind": "other", "variants": [{"id": "a"}, {"id": "b"}], "metric": "spend"}


def everything(call, name):
    """One of each thing, by prefix; and a code."""
    document = {
        "earning": {"rules": [ONE_POINT_PER_KRONA]}, "tiers": ENGRAVING, "sharing": SHARING,
        "membership_plans": PLANS, "referrals": {"on": True}, "questions": QUESTIONS,
    }  # fmt: skip
    call("PUT", "programme/draft", {"document": document})
    call.post("programme/publish", {})
    same = {"signals": {"device": f"device of {name}"}}
    member = call.post("members", {"external_id": name, **same}).json()["id"]
    link = call.get(f"members/{member}/referrals").json()["code"]
    if link:  # who comes by it on the same device is held
        call.post("members", {"external_id": f"friend of {name}", "referral_code": link, **same})
    held = call.get("referrals?status=held").json()["data"]
    return {
        "mbr": member,
        "ord": call.post("orders", an_order(name, kronor=500)).json()["id"],
        "act": call.post("activities", an_activity(name)).json()["id"],
        "job": call.post("exports", {"list": "members"}).json()["id"],
        **({"rfl": held[0]["id"]} if held else {}),
        **_rewards(call, member),
        **_shared(call, member, name),
        **_told(call),
        "seg": _made(call.post("segments", {"name": f"Segment of {name}"}))["id"],
        "cmp": _made(call.post("campaigns", {"name": f"Campaign of {name}"}))["id"],
        "xpt": _made(call.post("experiments", EXPERIMENT))["id"],
        "gol": _made(
            call.post("goals", {"figure": "nps", "start": "1", "target": "50", "due_on": "2099-01-01"})
        )["id"],
        **_asked(call, member, name),
        **_automated(call, name),
        **_games(call, name),
    }


def _games(call, name):
    """A badge, a challenge, a draw, and a game whose prize is a reward."""
    luck = call.post(
        "rewards", {"kind": "custom", "name": {"en": "luck"}, "handle": f"luck-{name}", "cost_points": 9}
    ).json()
    prizes = [{"name": "Luck", "reward": luck["handle"], "odds": 50_000, "total": 5}]
    far = "2099-05-31T23:59:00+02:00"
    terms = {"measure": "purchases", "milestones": [{"needed": 3, "points": 5}]}
    return {
        "bdg": _made(call.post("badges", {"name": f"Badge of {name}"}))["id"],
        "chl": _made(call.post("challenges", {"name": "Three", "terms": terms, "board": True}))["id"],
        "drw": _made(call.post("draws", {"handle": "may", "name": "May", "prize": "x", "closes_at": far}))[
            "id"
        ],
        "iwn": _made(
            call.post("instant-wins", {"name": "Luck", "ticket": "day", "ends_at": far, "prizes": prizes})
        )["id"],
    }


def _asked(call, member, name):
    survey = _made(call.post("surveys", {**SURVEY, "name": f"Survey of {name}"}))["id"]
    call.post(f"surveys/{survey}/open")
    _made(call.post(f"surveys/{survey}/answers", {"member": member, "answers": {"recommend": 3}}))
    return {"srv": survey, "fup": call.get("survey-follow-ups").json()["data"][0]["id"]}


def _automated(call, name):
    step = {"type": "webhook", "endpoint": call.get("webhook-endpoints").json()["data"][0]["id"]}
    flow = {"starts": [{"type": "event", "kind": "member.joined"}], "steps": [{"type": "wait"}, step]}
    made = _made(call.post("automations", {"name": "Flow", "flow": flow}))["id"]
    call.post(f"automations/{made}/start")
    call.post("members", {"external_id": f"somebody of {name}"})
    dispatch_waiting()
    run_automations()
    runs = call.get(f"automations/{made}/runs").json()["data"]
    return {"atm": made, **({"atr": runs[0]["id"]} if runs else {})}


def _told(call):
    made = _made(call.post("webhook-endpoints", {"url": "https://shop.example.com/hook", "kinds": ["*"]}))
    where = made["endpoint"]["id"]
    return {"whe": where, "dlv": call.post(f"webhook-endpoints/{where}/test").json()["id"]}


def _made(answer):
    assert answer.status_code == 201, answer.content
    return answer.json()


def _rewards(call, member):
    reward = call.post("rewards", {"kind": "custom", "name": {"en": "x"}, "cost_points": 10}).json()["id"]
    made = _made(call.post("redemptions", {"member": member, "reward": reward}))
    party = {"kind": "workshop", "name": {"en": "Baking"}, "cost_points": 10, "delivery": "served"}
    workshop = call.post("rewards", party).json()["id"]
    date = {"starts_at": "2099-12-05T18:00:00+01:00", "capacity": 5}
    session = call.post(f"rewards/{workshop}/sessions", date).json()["id"]
    booked = _made(call.post(f"sessions/{session}/bookings", {"member": member}))
    waiting = call.get("fulfilments").json()["data"]
    return {"rwd": reward, "rdm": made["id"], "code": made["code"], "ssn": session, "bkg": booked["id"],
            "ful": waiting[-1]["id"]}  # fmt: skip


def _shared(call, member, name):
    friend = call.post("members", {"external_id": f"{name}s friend"}).json()["id"]
    gift = call.post("transfers", {"giver": {"id": member}, "receiver": {"id": friend}, "amount": 1})
    claim = call.post(f"members/{member}/perks/claims", {"perk": "engraving", "order": {"external_id": "x"}})
    shop(f"{name}s-partner")
    worth = {"partner": f"{name}s-partner", "our_worth": "10", "their_worth": "10"}
    return {
        "ptr": gift.json()["id"],
        "clm": _made(claim)["id"],
        "prt": _made(call.post("partnerships", worth))["id"],
        "hhd": call.post("households", {"member": member}).json()["id"],
        "pmb": call.post("memberships", {"member": member, "plan": "plus"}).json()["id"],
    }
