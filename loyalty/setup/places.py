"""Guesses that save typing: the country behind a language, and what a country's currency and time zone are. Pure."""

from babel.core import get_global
from babel.numbers import get_territory_currencies

LANGUAGES = {"sv": "SE", "nb": "NO", "nn": "NO", "no": "NO", "nl": "NL", "en": "GB"}
"""Where a language is at home, when a browser does not say more."""
CAPITALS = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin", "ES": "Europe/Madrid", "ID": "Asia/Jakarta", "MX": "America/Mexico_City",
    "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "US": "America/New_York",
    "CL": "America/Santiago", "UA": "Europe/Kyiv",
}  # fmt: skip
"""Where most people of a country with several zones live."""


def country_of(accepted: str) -> str:
    """The country that a browser's list of languages speaks of: "sv-SE,sv;q=0.9" → "SE"."""
    zones = get_global("territory_zones")
    for part in accepted[:200].split(","):
        language, _, region = part.split(";")[0].strip().replace("_", "-").partition("-")
        region = region.rpartition("-")[2].upper()
        if len(region) == 2 and region in zones:
            return region
        if language.lower() in LANGUAGES:
            return LANGUAGES[language.lower()]
    return LANGUAGES["en"]


def currency_of(country: str) -> str:
    """The currency of a country; the euro where none is known."""
    try:
        found = get_territory_currencies(country)
    except KeyError:
        found = []
    return str(found[0]) if found else "EUR"


def zone_of(country: str) -> str:
    """The time zone of most people of a country; UTC where none is known."""
    if country in CAPITALS:
        return CAPITALS[country]
    zones = get_global("territory_zones").get(country) or ["UTC"]
    return str(zones[0])
