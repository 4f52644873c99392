"""The house's own words for each kind of message: what a shop sends until it writes its own.

`label` and `note` are for staff; `subject`, `body` and `button` are what members read, with placeholders in braces.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.rules.kinds import Topic


@dataclass(frozen=True, slots=True)
class Said:
    """One kind in words; translated when they are read."""

    label: Any
    note: Any
    subject: Any
    body: Any
    button: Any


SAID: Mapping[str, Said] = {
    "welcome": Said(
        _("Welcome"),
        _("When somebody joins."),
        _("Welcome to {programme}"),
        _(
            "Good to have you with us. Your card is ready: show it whenever you buy something, and you collect"
            " every time.\n\nYou have {balance} to begin with."
        ),
        _("See your card"),
    ),
    "code": Said(
        _("Code of a reward"),
        _("When a member takes a reward and gets a code."),
        _("Your code for {reward}"),
        _(
            "Here is your code for {reward}: {code}\n\nShow it at the till, or type it in when you pay online."
        ),
        _("Show the code"),
    ),
    "points_earned": Said(
        _("Collected today"),
        _("Once a day at most, at six in the evening, with everything collected since the day before."),
        _("You collected {points}"),
        _("Thank you for today. You collected {points} and now have {balance}."),
        _("See what for"),
    ),
    "points_available": Said(
        _("Ready to use"),
        _("When what was waiting can be used, once a day at most."),
        _("{points} are ready to use"),
        _("What you were waiting for is here: {points} can be used from now on. You have {balance} in all."),
        _("See the rewards"),
    ),
    "expiring_30": Said(
        _("Ends in a month"),
        _("Thirty days before something a member has collected ends."),
        _("{points} end on {date}"),
        _(
            "A friendly reminder: {points} of what you have collected end on {date}. There is time to enjoy them."
        ),
        _("Find something nice"),
    ),
    "expiring_7": Said(
        _("Ends in a week"),
        _("Seven days before something a member has collected ends."),
        _("Last chance: {points} end on {date}"),
        _("{points} of what you have collected end on {date}. After that they are gone, so use them before."),
        _("Use them now"),
    ),
    "reward_ready": Said(
        _("A reward within reach"),
        _("The first time a member has enough for a reward."),
        _("You have enough for {reward}"),
        _(
            "Well collected: you have {balance}, and that is enough for {reward}. It is yours whenever you like."
        ),
        _("Take it"),
    ),
    "tier_up": Said(
        _("A new level"),
        _("When a member moves up a tier."),
        _("Congratulations, you are {tier} now"),
        _("You have reached {tier}. Everything that comes with it is yours from today."),
        _("See what you get"),
    ),
    "tier_at_risk": Said(
        _("A level about to end"),
        _("Thirty days before a member loses a tier they could still keep."),
        _("Keep your {tier} level"),
        _("Your {tier} level lasts until {date}. To keep it you still need this before then: {missing}."),
        _("See how to keep it"),
    ),
    "tier_down": Said(
        _("A lower level"),
        _("When a member moves down a tier."),
        _("Your level is {tier} now"),
        _(
            "Your time on the level above is over, and you are {tier} now. What you have collected is still yours."
        ),
        _("See your card"),
    ),
    "referral_joined": Said(
        _("A friend has joined"),
        _("When somebody joins by a member’s link."),
        _("A friend joined by your link"),
        _(
            "Thank you for spreading the word: a friend of yours has joined. We write again when there is something"
            " in it for you."
        ),
        _("See your card"),
    ),
    "referral_rewarded": Said(
        _("Thanks for a friend"),
        _("When a member gets something for a friend who bought."),
        _("Thank you for bringing a friend"),
        _("Your friend has bought something, and your thanks are on your card. You have {balance} now."),
        _("See your card"),
    ),
    "birthday": Said(
        _("Birthday"),
        _("On a member’s birthday, where the programme gives something for it."),
        _("Happy birthday, {first_name}"),
        _("All the best from all of us at {shop}. There is a little something for you on your card."),
        _("Unwrap it"),
    ),
    "membership_due": Said(
        _("Payment coming up"),
        _("When the next payment of a paid membership is near."),
        _("Your membership renews on {date}"),
        _("Your membership goes on, and the next payment of {amount} is due on {date}."),
        _("See your membership"),
    ),
    "membership_failed": Said(
        _("Payment did not work"),
        _("When a payment of a paid membership fails."),
        _("Your payment did not go through"),
        _(
            "The payment of {amount} for your membership did not go through. Please check your means of payment."
        ),
        _("See your membership"),
    ),
    "membership_price": Said(
        _("New price of a membership"),
        _("When a paid membership will cost something else from its next period on."),
        _("Your membership will cost {amount}"),
        _(
            "From {date} on your membership costs {amount}. Until then nothing changes, and you can end it before."
        ),
        _("See your membership"),
    ),
    "statement": Said(
        _("The month in figures"),
        _("In the first days of a month, to members with any movement in the month before."),
        _("Your {month} with {programme}"),
        _("Here is your month at a glance."),
        _("See everything"),
    ),
    "newsletter": Said(
        _("Newsletter"),
        _("When you send one, to members who said yes to news."),
        _("News from {shop}"),
        _("Write what is new."),
        _("See your card"),
    ),
    "survey": Said(
        _("Survey"),
        _("When you send a survey, to members who said yes to news."),
        _("{shop} has a question for you"),
        _("We would like to know what you think. It takes a minute, and your answer helps us do better."),
        _("Answer"),
    ),
    "automation": Said(
        _("By an automation"),
        _("When an automation says so."),
        _("News from {shop}"),
        _("Write what is new."),
        _("See your card"),
    ),
    "automation_news": Said(
        _("News by an automation"),
        _("When an automation says so, to members who said yes to news."),
        _("News from {shop}"),
        _("Write what is new."),
        _("See your card"),
    ),
}

TOPICS: Mapping[str, tuple[Any, Any]] = {
    Topic.PROGRAMME: (
        _("News of my card"),
        _("What I collected, what became ready, my level, friends and birthday."),
    ),
    Topic.REMINDERS: (
        _("Reminders"),
        _("Before something ends, and when I have enough for a reward."),
    ),
    Topic.STATEMENT: (_("My month in figures"), _("Once a month, what came and went.")),
    Topic.NEWSLETTER: (_("News and offers"), _("What the shop has to tell, now and then.")),
}

PLACEHOLDERS: Mapping[str, Any] = {
    "first_name": _("the member’s given name"),
    "shop": _("the name of your shop"),
    "programme": _("the name of your programme"),
    "balance": _("what the member has now"),
    "points": _("how much it is about"),
    "reward": _("the name of the reward"),
    "code": _("the code"),
    "date": _("the day"),
    "tier": _("the name of the level"),
    "missing": _("what is missing"),
    "friends": _("how many friends have joined"),
    "amount": _("the price"),
    "month": _("the name of the month"),
    "earned": _("what was collected"),
    "spent": _("what was used"),
    "survey": _("the title of the survey"),
}
