"""What is wrong with a field, in the reader's language.

Rules know no Django: what they say about a field that cannot be used is a plain English sentence. All of those
sentences stand here with places for what differs, so that `InvalidInput` can say them in the language of whoever
reads. A sentence that is not here is shown as it is, in English.
"""

import re
from functools import lru_cache

from babel.numbers import format_decimal
from django.utils.translation import get_language, gettext, to_locale


def _(text: str) -> str:
    """Marks a sentence for `makemessages`; it is translated when it is said."""
    return text


SENTENCES = (
    # Numbers, amounts and lengths.
    _("Give a number from {low} to {high}."),
    _("Give a whole number from {low} to {high}."),
    _("Give a number of days from {low} to {high}."),
    _("Give a number of hours from {low} to {high}."),
    _("Give a number above 1 and up to 100, like 2 or 1.5."),
    _("Give a number of minutes, at most ten years."),
    _("Give a number of things, at most {high}."),
    _("Give a number of times, of units, or both."),
    _("Give a number of units, an amount of money, or both."),
    _("Give an amount of at least the smallest coin."),
    _("Give an amount in minor units that is not below zero."),
    _("Give a whole number that is not below zero."),
    _("A single change cannot be more than the whole day."),
    _("Give the minor units one point stands for, at least 1."),
    _("Give between {low} and {high} points."),
    _("Give between {low} and {high} steps."),
    _("Give between {low} and {high} names."),
    _("Give {low} to {high} rewards for a full card."),
    _("Give 0 to 10,000: 500 is five per cent."),
    _("Give 0.01 to 100 percent, in hundredths: 1000 is 10 %."),
    _("Give at most {n} article numbers of 1 to 100 characters."),
    _("Choose {low} to {high}."),
    _("Choose {low} to {high} days."),
    _("Choose {low} to {high} months."),
    _("Choose {low} to {high} members."),
    _("Choose {low} to {high} percent."),
    _("Choose 0 (whenever) to {high} days."),
    _("Choose 0 (at once) to {high} days."),
    _("Choose 0 (does not matter) to {high} days."),
    _("Choose 1 hour to 60 days."),
    _("Choose one point or more."),
    _("Choose no points or more."),
    _("Choose an amount of no less than nothing."),
    _("Say how many per cent, from 1 to {high}."),
    _("Say how many hours before, from 1 to {high}."),
    _("Say what one unit costs in minor units, like 0.5 or 12."),
    _("Write between {low} and {high} characters."),
    _("Write between {low} and {high} plain characters."),
    _("Write at most {n} plain characters."),
    _("The amount must be at least the smallest coin."),
    _("The smallest amount cannot be negative."),
    _("The upper end is below the lower one."),
    _("This amount is out of range."),
    _("This number is out of range."),
    _("A card has {low} to {high} stamps."),
    _("A plan costs something."),
    _("It cannot be fewer than the fewest."),
    _("This is less than the smallest transfer."),
    # How many there may be.
    _("At most {n} characters."),
    _("At most {n} rules."),
    _("At most {n} groups."),
    _("At most {n} budgets."),
    _("At most {n} conditions."),
    _("At most {n} properties."),
    _("At most {n} kinds."),
    _("At most {n} kinds, each of 1 to 40 characters."),
    _("At most {n} names, each with 1 to 60 characters."),
    _("At most {n} offers."),
    _("At most {n} perks."),
    _("At most {n} questions."),
    _("Give {low} to {high} answers to choose from."),
    _("Give it words in at least one language."),
    _("At most {n} stamp cards."),
    _("At most {n} tiers."),
    _("At most {n} units."),
    _("Have at most {n} plans."),
    _("Have at most 30 perks, each with an id of its own."),
    _("Each line at most once."),
    # Names and ids.
    _("Use letters, digits, dashes; at most {n}."),
    _("Use small letters, digits and hyphens, at most {n}."),
    _("Another budget has this id."),
    _("Another card has this id."),
    _("Another card is filled by these stamps."),
    _("Another group has this id."),
    _("Another offer has this id."),
    _("Another question has this id."),
    _("Another answer has this id."),
    _("An answer of another question has the same segment."),
    _("Another perk of this tier has this id."),
    _("Another perk of this plan has this id."),
    _("Another plan has this already."),
    _("Another rule has this id."),
    _("Another tier has this id."),
    _("Another unit has this id."),
    _("This kind is there already."),
    _("Each name has between {low} and {high} characters."),
    _("Name at least one segment."),
    _("Name at most {n}."),
    _("Name at most {n}, each in 1 to 60 characters."),
    _("Name 1 to 20 kinds in small letters, like review or event_attended."),
    _("Name each day once."),
    _("Name each period once."),
    _("Name each unit once."),
    _("Name days of the week, a time of day, or both."),
    _("Name it in at most {n} characters."),
    _("Name it in small letters, like review or social_tag."),
    _("Name the event in at most {n} visible characters."),
    _("Name the member in exactly one way."),
    _("Name the property in at most {n} characters."),
    _("Name the reward in at most {n} characters."),
    _("Name the reward by its handle, in at most {n} characters."),
    _("Name a reward by its handle."),
    _("Give the offer a name."),
    _("This language is not offered."),
    # Times.
    _("Choose a day between 2000 and 2100."),
    _("Give a time of day, like 08:00 or 17:30."),
    _("Give month and day, like 12-31 (29 February is not every year)."),
    _("Give the time with its zone, like {example}."),
    _("Give the real date of birth."),
    _("The time must lie between the year 2000 and tomorrow."),
    _("The time must lie between the years 2000 and 2100."),
    _("The window ends before it starts."),
    _("The period must end after it starts."),
    _("Everybody else comes after the members."),
    # What belongs together.
    _("Give at least one of the two ends."),
    _("Give either number or every."),
    _("Give either values or bounds."),
    _("Give a link or a text."),
    _("Give an address that begins with https://."),
    _("The address begins with https://."),
    _("Give the address of a page, beginning with https:// or http://."),
    _("Give purchase or a kind of activity, in small letters."),
    _("Choose order, day, week, month, year or lifetime."),
    _("Choose points, credits, stamps or cashback; a card of its own is like stamps-coffee."),
    _("Choose shipped, collected, served or nothing."),
    _("Choose stamps; a card of its own is like stamps-coffee."),
    _("Say how much is given."),
    _("Say how much is taken off."),
    _("Say what it is: a custom perk has no words of its own."),
    _("Say what points become: a reward or an amount of cash-back, one of the two."),
    _("Say what the card is worth."),
    _("Say which activities count."),
    _("Say which article it is."),
    _("Say which lines or how much was refunded."),
    _("Channel, location and payment belong to the rule itself, not to its quantity."),
    _("There is no such group."),
    _("There is no such budget."),
    _("There is no such section."),
    _("This budget is of {unit}, the rule gives {given}."),
    _("An activity has no amount: use a fixed bonus."),
    _("An activity has no items: give once for it."),
    _("A purchase is an order: record it as one."),
    _("A purchase is an order: qualify by orders."),
    _("A plan's perk is limited in a time, not for an order."),
    _("A higher step gives more than the one before it."),
    _("Each step begins above the one before it."),
    _("Each tier takes more than the one below it."),
    _("Keeping a tier takes at least as much as keeping the one below it."),
    _("Keeping a tier takes more than nothing, and no more than reaching it."),
    _("This window has no periods that end: choose a number of months, or forever."),
    _("What never ends needs no grace."),
    _("Only activities have kinds."),
    _("Only points can wait for an event."),
    _("Only what is claimed can be limited."),
    _("This kind of perk has none."),
    _("This kind comes by itself; only a custom perk can be made a service."),
    _("Rules for money spent and bonuses cannot exclude each other: make two groups."),
    _("Which is best can only be told of rules that give the same unit."),
    _("The life of points is the section points_life."),
    _("The programme itself records this: nobody has to prove it."),
    _("Joining records this by itself."),
    _("This source is the programme's own."),
    _("This server does not keep referrals yet."),
    _("No segment can be both asked for and ruled out."),
    _("What it costs is what a member pays with: leave it at 0."),
    # Experiments.
    _("An experiment compares two to eight variants."),
    _("Two variants have the same id."),
    _("Give an id of 1 to 40 characters."),
    _("Hold out at most half of all members."),
    _("This rule has no such figure."),
    _("Give a whole number."),
    # Orders and documents.
    _("This shop's currency is {currency}."),
    _("The order is too large."),
    _("The order has no line {number}."),
    _("The discount is larger than the order."),
    _("More was paid with points than the order cost."),
    _("Give exactly one of external_id, email, phone and card."),
    _("Give at least one of external_id, email, phone and card."),
    _("A programme is a JSON object."),
    _("The text holds characters that cannot be kept."),
    _("This server reads format {number}."),
    # Requests.
    _("Choose of {names}."),
    _("Give this parameter once."),
    _("The text holds a NUL character."),
    _("This is not a cursor of this list. Start without one."),
    # Automations.
    _("Name the figure, in 1 to 60 characters."),
    _("Give a whole number."),
    _("Choose a segment."),
    _("The last purchase is over: begin at least a day after it."),
    _("What has ended is gone: begin before it ends."),
    _("Give a day of the month from 1 to 31."),
    _("Give an hour from 0 to 23."),
    _("Say what begins it."),
    _("At most {n} ways to begin."),
    _("Write a subject and a text in at least one language."),
    _("Give both a subject and a text, or neither."),
    _("Nothing is called {name} here."),
    _("Give at least one."),
    _("Say what it is for, in 1 to 300 characters."),
    _("Choose a reward."),
    _("Choose an offer."),
    _("Choose a list."),
    _("Choose a webhook."),
    _("Add at least one step."),
    _("At most {n} steps."),
    _("Branches stand in each other at most {n} deep."),
    _("Give a whole number from 1."),
    _("At most {n} of them."),
    _("Say how many points it may give in all."),
    _("Say who it is for: the calendar begins it for all of them."),
    _("Give a share from 1 to 99 per cent."),
    # Campaigns.
    _("It ends after it starts."),
    _("At most {n} years."),
    _("Use at most {n} characters."),
    _("Early access ends while the campaign runs."),
    _("Name the rewards that some get early."),
    _("Name each reward once."),
    _("Name the rewards that are donations."),
    _("Give it a name."),
)
_PLACE = re.compile(r"\{(\w+)\}")
#: Nothing longer is one of ours: it is not looked for, and not remembered.
_LONGEST = 300
_NUMBER = re.compile(r"-?\d{1,3}(,\d{3})+|-?\d+")


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _PLACE.split(sentence)  # text, name, text, name, ..., text
    return re.compile("".join(f"(?P<{part}>.{{1,60}}?)" if index % 2 else re.escape(part)
                              for index, part in enumerate(parts)))  # fmt: skip


_EXACT = frozenset(sentence for sentence in SENTENCES if not _PLACE.search(sentence))
_FILLED = tuple((sentence, _pattern(sentence)) for sentence in SENTENCES if sentence not in _EXACT)


def in_words(message: str) -> str:
    """A complaint in the language of the reader; unchanged when it is not one of `SENTENCES`."""
    text = str(message)
    return _said(text, get_language() or "en") if len(text) <= _LONGEST else text


def is_known(message: str) -> bool:
    """Whether a complaint stands in `SENTENCES`, with whatever its places hold."""
    return message in _EXACT or any(pattern.fullmatch(message) for _sentence, pattern in _FILLED)


@lru_cache(maxsize=2048)
def _said(message: str, language: str) -> str:
    if message in _EXACT:
        return gettext(message)
    for sentence, pattern in _FILLED:
        if found := pattern.fullmatch(message):
            values = {name: _value(text, language) for name, text in found.groupdict().items()}
            return gettext(sentence).format(**values)
    return message


def _value(text: str, language: str) -> str:
    """A number as the language writes it (errors stand below `formats`); anything else as it is."""
    if not _NUMBER.fullmatch(text):
        return text
    return format_decimal(int(text.replace(",", "")), locale=to_locale(language)).replace("-", "\u2212")
