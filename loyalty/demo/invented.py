"""Invented people for the demo's households: nobody can be contacted by mistake, and nobody is meant.

The grocery data knows its shoppers by number only. A demo needs names to look people up by, so each number
gets, always the same way, a first name and a family name made of groceries, an address at `example.com`
(reserved by RFC 2606) and a number from 555-0100 to 555-0199, which the North American Numbering Plan keeps
free for fiction in every area code. `phonenumbers` takes these for valid, so they pass every check a real one
would.
"""

import unicodedata
from typing import NamedTuple


class Person(NamedTuple):
    """Who stands in for a household. All four are unique among the numbers 1 to 2500."""

    given_name: str
    family_name: str
    email: str
    phone: str
    """E.164, for example `+12015550100`."""


def _words(text: str) -> list[str]:
    """A list that stays readable as prose."""
    return text.split()


MAIL_DOMAIN = "example.com"

_GIVEN = _words(
    "Ada Aisha Amir André Anja Benta Bianca Björn Carmen Chen Clara Dalia Davi Elif Emil Esther Farid Fatou "
    "Finn Grace Hana Hugo Inês Ivan Jasmin Jonas Joy Kai Kofi Lena Luca Mai Malik Marit Mateo Mina Nadia "
    "Noah Núria Olga Omar Oskar Priya Rosa Samir Sofia Tariq Tomás Yara Zoë"
)

_FAMILY = _words(
    "Almondbloom Applewhistle Apricotter Barleycove Basilbrook Beetwell Berrythorn Breadwick Butterbeam "
    "Cardamoor Carrotson Celerydale Chestnutter Chivesworth Cinnamore Cloverjam Cocoafield Cornsilk "
    "Cressington Crumbley Dillmoor Fennelby Figgleton Gingerly Hazelmint Honeycrumb Jamsworth Kalebrook "
    "Leeksby Lemonby Lentilson Marzipanne Melonby Mintgrove Nutmegger Oatwell Oliveston Parsleigh Pepperdew "
    "Picklesby Plumbury Pumpernick Quincely Radishton Rhubarber Saffronby Sorrelwood Turnipley Waffleton "
    "Walnutter"
)

# One hundred fictional numbers each, so twenty-five of them serve every household.
_AREA_CODES = _words(
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231 234 239 240"
)

PEOPLE = len(_GIVEN) * len(_FAMILY)
"""How many different people can be invented: 2,500."""


def person(number: int) -> Person:
    """The invented person for household `number` (1 to 2500). `ValueError` beyond: names would repeat."""
    if not 1 <= number <= PEOPLE:
        raise ValueError(f"Only households 1 to {PEOPLE} have an invented person, not {number}.")
    rank = number - 1
    row, column = divmod(rank, len(_GIVEN))
    given = _GIVEN[column]
    # The stride keeps neighbours in a list from sharing a family name; a (given, family) pair still occurs
    # once.
    family = _FAMILY[(row + 7 * column) % len(_FAMILY)]
    return Person(
        given_name=given,
        family_name=family,
        email=f"{_plain(given)}.{_plain(family)}@{MAIL_DOMAIN}",
        phone=f"+1{_AREA_CODES[rank // 100]}55501{rank % 100:02d}",
    )


def _plain(name: str) -> str:
    """Lower case without accents, as mail addresses are commonly written."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
