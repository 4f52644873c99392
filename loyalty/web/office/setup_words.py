"""The guided set-up, the checklist and going live in words: what is asked, what is advised, what was found."""

from typing import Any

from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.blueprints.advice import Advice
from loyalty.blueprints.shape import Goal, Level
from loyalty.core import formats
from loyalty.core.pages import Here
from loyalty.core.programme.identity import LANGUAGES
from loyalty.setup.readiness import Finding
from rewards.queries.telling import named

#: Label of a step, its heading, and a sentence that takes the fear.
STEPS = {
    "goal": (
        gettext_lazy("Goal"),
        gettext_lazy("What should your programme do for you?"),
        gettext_lazy(
            "One goal is enough. It decides which model we suggest; you can change everything later."
        ),
    ),
    "customers": (
        gettext_lazy("Customers"),
        gettext_lazy("Who buys from you?"),
        gettext_lazy("Rough figures will do. They show what a programme would cost you each month."),
    ),
    "programme": (
        gettext_lazy("Programme"),
        gettext_lazy("How do people earn, and what do they get?"),
        gettext_lazy("A ready-made programme to start from. The first ones suit what you said best."),
    ),
    "numbers": (
        gettext_lazy("Numbers"),
        gettext_lazy("Make the numbers yours"),
        gettext_lazy(
            "Watch what it gives back while you change them. Most shops give back 3 to 10 per cent."
        ),
    ),
    "shop": (
        gettext_lazy("Name and look"),
        gettext_lazy("What is your shop called?"),
        gettext_lazy("Members see this name, this colour and these words on their card."),
    ),
    "launch": (
        gettext_lazy("Launch plan"),
        gettext_lazy("How will people hear of it?"),
        gettext_lazy("Nobody sees anything yet: you begin in a test shop with pretend members."),
    ),
}
GOALS = {
    Goal.RETURN: ("repeat", gettext_lazy("People come back sooner"),
                  gettext_lazy("Cafés, bakeries, salons: many small visits.")),
    Goal.SPEND: ("shopping-basket", gettext_lazy("They buy more at once"),
                 gettext_lazy("Bigger baskets, because more gives more.")),
    Goal.WIN: ("user-plus", gettext_lazy("New customers find us"),
               gettext_lazy("Friends bring friends, and both have something of it.")),
    Goal.KEEP: ("crown", gettext_lazy("Our best customers stay"),
                gettext_lazy("Levels and services for those who matter most.")),
    Goal.TAKE_PART: ("message-circle-heart", gettext_lazy("People take part"),
                     gettext_lazy("Reviews, events, challenges: more than buying.")),
    Goal.VALUES: ("sprout", gettext_lazy("It shows what we stand for"),
                  gettext_lazy("Points for good choices, and for good causes.")),
}  # fmt: skip
NUMBERS = {
    Level.LOW: gettext_lazy("Up to a few hundred customers"),
    Level.MEDIUM: gettext_lazy("Some thousands"),
    Level.HIGH: gettext_lazy("Tens of thousands or more"),
}
BUDGETS = {
    Level.LOW: gettext_lazy("Little: 1 to 3 per cent of what members spend"),
    Level.MEDIUM: gettext_lazy("Some: 3 to 6 per cent"),
    Level.HIGH: gettext_lazy("More, for those who are worth it"),
}
EFFORTS = {
    Level.LOW: gettext_lazy("Nobody has time: it has to run by itself"),
    Level.MEDIUM: gettext_lazy("An hour or two a week"),
    Level.HIGH: gettext_lazy("Somebody whose job it is"),
}
TELL_BY = {
    "poster": gettext_lazy("A poster or a card on the counter"),
    "till": gettext_lazy("Staff ask at the till"),
    "email": gettext_lazy("A mail to customers we know"),
    "social": gettext_lazy("Social media"),
    "site": gettext_lazy("Our website or web shop"),
}
_LACKS = {
    "budget": gettext_lazy("costs more than you said"),
    "effort": gettext_lazy("takes more time than you said"),
    "customers": gettext_lazy("is made for more customers"),
}
#: Label of a step of the checklist, what it is for, the page's name, and whose shop it is done in.
CHECKLIST = {
    "rules": (gettext_lazy("Say what earns points"),
              gettext_lazy("One rule is enough to begin with."), "office:programme_rule", "test"),
    "reward": (gettext_lazy("Add a reward"),
               gettext_lazy("Something small that people reach soon."), "office:reward_new", "test"),
    "member": (gettext_lazy("Try it as a member"),
               gettext_lazy("Join your test shop on your own phone and look at your card."), "portal:front", "test"),
    "till": (gettext_lazy("Try the till"),
             gettext_lazy("Give somebody pretend points, the way your staff will."), "/pos/", "test"),
    "staff": (gettext_lazy("Invite staff"),
              gettext_lazy("Everybody signs in with their own address and sees their part."), "office:staff", "live"),
    "import": (gettext_lazy("Import members"),
               gettext_lazy("Bring the members and balances you have. None yet? Tick it off."), "office:imports",
               "live"),
    "poster": (gettext_lazy("Print a poster"),
               gettext_lazy("A code to scan by the door or on the counter."), "office:print_kit", "live"),
    "connect": (gettext_lazy("Connect the shop"),
                gettext_lazy("Let your web shop or till system send its orders. Only a counter? Tick it off."),
                "office:keys", "test"),
    "live": (gettext_lazy("Go live"),
             gettext_lazy("Lists what is still missing, then opens the programme to everybody."), "office:go_live",
             "test"),
}  # fmt: skip


def because(advice: Advice) -> tuple[list[str], list[str]]:
    """What speaks for a blueprint, and what it asks for that the shop does not have, in words."""
    for_it = [str(GOALS[Goal(code)][1]) for code in advice.because if code in set(Goal)]
    return for_it, [str(_LACKS[code]) for code in advice.lacks]


def address(name: str, *args: str) -> str:
    """The address of a page by its name, or of an address that is one already; "" while there is no such page."""
    if name.startswith("/"):
        try:
            found = resolve(name)
        except Resolver404:
            return ""
        # Below everything else stands `/<shop>/`: what only that answers to is not the page that was meant.
        return "" if found.namespace == "portal" else name
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def language_name(code: str) -> str:
    """A language in the page's own: "sv" → "Swedish"."""
    names = {"en": _("English"), "sv": _("Swedish"), "nb": _("Norwegian"), "nl": _("Dutch")}
    return names.get(code, code) if code in LANGUAGES else code


def finding(found: Finding, here: Here) -> dict[str, Any]:
    """Something that was found on the way to going live: a title, a sentence, and the way to put it right."""
    title, text, name, action = _SAID[found.code]
    live, test = _pair(here)
    slug = live if found.code == "live_draft" else test
    return {
        "code": found.code,
        "title": str(title).format(**_filled(found)),
        "text": str(text).format(**_filled(found)),
        "url": address(name, slug) if name else "",
        "action": action,
    }


def _pair(here: Here) -> tuple[str, str]:
    """The slugs of the live shop and of its test shop."""
    other = here.sibling.slug if here.sibling else here.merchant.slug
    return (other, here.merchant.slug) if here.merchant.is_sandbox else (here.merchant.slug, other)


def _filled(found: Finding) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, value in found.params.items():
        if name == "share":
            said[name] = formats.percent(value)
        elif name == "rewards":
            said[name] = formats.every([f"“{named(row)}”" for row in value])
        elif name == "names":
            said[name] = formats.every([f"“{one}”" for one in value])
        elif name == "language":
            said[name] = language_name(value)
        elif name == "count":
            said[name] = formats.number(value)
        else:
            said[name] = str(value)
    return said


_SAID = {
    "no_programme": (gettext_lazy("There is no programme yet"),
        gettext_lazy("Publish one in the test shop, then it can be taken live."),
        "office:programme", gettext_lazy("Write the rules")),
    "nothing_earns": (gettext_lazy("Nothing earns anything"),
        gettext_lazy("Members could join, but nothing they do would count."),
        "office:programme_rule", gettext_lazy("Say what earns")),
    "live_draft": (gettext_lazy("The live shop has a draft"),
        gettext_lazy("Somebody began to change the live programme. Publish that draft or throw it away first."),
        "office:programme_draft", gettext_lazy("Look at the draft")),
    "no_reward": (gettext_lazy("There is no reward"),
        gettext_lazy("Members need something to look forward to."), "office:reward_new", gettext_lazy("Add a reward")),
    "card_without_reward": (gettext_lazy("A stamp card leads to nothing"),
        gettext_lazy("The reward {names} that a full card gives is not in the catalogue."),
        "office:rewards", gettext_lazy("See the rewards")),
    "costly": (gettext_lazy("It gives back {share}"),
        gettext_lazy("That is more than most shops earn on a sale. Change the numbers, or confirm that you mean it."),
        "office:programme", gettext_lazy("See how it adds up")),
    "move_down": (gettext_lazy("Members have a level that goes"),
        gettext_lazy("The new levels no longer have {names}. Members who have it move to the level they qualify for."),
        "office:programme", gettext_lazy("See the programme")),
    "unsold": (gettext_lazy("Rules name goods that you do not sell"),
        gettext_lazy("None of your products has {names} as its number, category, brand or label."),
        "office:programme", gettext_lazy("See the rules")),
    "words": (gettext_lazy("Rewards without a name in {language}"),
        gettext_lazy("Your members read {language}, and {rewards} has no name in it."),
        "office:rewards", gettext_lazy("See the rewards")),
    "name_word": (gettext_lazy("The programme has no name in {language}"),
        gettext_lazy("Your members read {language}. Give the programme a name in it."),
        "office:programme", gettext_lazy("See the programme")),
    "no_email": (gettext_lazy("No mail leaves this server"),
        gettext_lazy("Members could not get the code that signs them in. Set EMAIL_URL on the server, or confirm that"
                     " you begin at the till only."), "", ""),
    "test_draft": (gettext_lazy("A draft stays behind"),
        gettext_lazy("The test shop has changes that are not published. What goes live is version {number}."),
        "office:programme_draft", gettext_lazy("Look at the draft")),
    "cost_unknown": (gettext_lazy("Nobody knows what it costs"),
        gettext_lazy("Say on your rewards what one of each costs you, and every page can tell what you give back."),
        "office:rewards", gettext_lazy("See the rewards")),
    "far": (gettext_lazy("The first reward is far away"),
        gettext_lazy("It takes about {count} usual purchases. People stay with it when something small comes soon."),
        "office:reward_new", gettext_lazy("Add a small reward")),
    "codes": (gettext_lazy("Codes are not taken along"),
        gettext_lazy("Import the codes of {rewards} in the live shop before you tell anybody."),
        "office:rewards", gettext_lazy("See the rewards")),
    "other_words": (gettext_lazy("Not everything is said in {language}"),
        gettext_lazy("Rewards without a name in {language}: {count}. Who reads it sees your own language there."),
        "office:rewards", gettext_lazy("See the rewards")),
    "local_address": (gettext_lazy("This server has no public address"),
        gettext_lazy("Members’ phones cannot reach it, and codes on posters lead nowhere. Set SITE_URL on the"
                     " server."), "", ""),
}  # fmt: skip
"""Title, sentence, page and button by a finding's code."""


def far(count: int | None) -> str:
    """How soon the nearest reward comes, in words; "" when purchases alone lead to none."""
    if count is None:
        return ""
    if count == 0:
        return _("The first reward is there from the start.")
    if count == 1:
        return _("The first usual purchase is enough for a reward.")
    return _("The first reward comes after {count} usual purchases.").format(count=formats.number(count))
