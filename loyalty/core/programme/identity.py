"""The section every programme has: its name, its word for points, its look and voice, by language."""

from msgspec import Struct

from loyalty.core.programme.document import Problem, Section, register

LANGUAGES = ("en", "sv", "nb", "nl")


class PointsName(Struct, forbid_unknown_fields=True, frozen=True):
    """The merchant's own word: `one` star, many `other` stars."""

    one: str
    other: str


class Identity(Struct, forbid_unknown_fields=True, frozen=True):
    """`name` and `tagline` by language code; `points` the word for points by language code."""

    name: dict[str, str] = {}
    tagline: dict[str, str] = {}
    points: dict[str, PointsName] = {}

    def named(self, language: str, fallback: str = "") -> str:
        """The programme's name in a language, else in English, else in any, else `fallback`."""
        return self.name.get(language) or self.name.get("en") or next(iter(self.name.values()), fallback)

    def word(self, language: str, count: int) -> str:
        """The word for `count` points in a language."""
        words = (
            self.points.get(language)
            or self.points.get("en")
            or DEFAULT_WORDS.get(language)
            or DEFAULT_WORDS["en"]
        )
        return words.one if abs(count) == 1 else words.other


DEFAULT_WORDS = {
    "en": PointsName("point", "points"),
    "sv": PointsName("poäng", "poäng"),
    "nb": PointsName("poeng", "poeng"),
    "nl": PointsName("punt", "punten"),
}


def check(identity: Identity) -> list[Problem]:
    """Languages must be ones the product speaks; words must not be empty or endless."""
    problems = []
    for field, words in (("name", identity.name), ("tagline", identity.tagline)):
        for language, text in words.items():
            if language not in LANGUAGES:
                problems.append((f"{field}.{language}", "This language is not offered."))
            elif not text.strip() or len(text) > 120:
                problems.append((f"{field}.{language}", "Write between 1 and 120 characters."))
    for language, word in identity.points.items():
        if language not in LANGUAGES:
            problems.append((f"points.{language}", "This language is not offered."))
        elif not (word.one.strip() and word.other.strip()) or max(len(word.one), len(word.other)) > 30:
            problems.append((f"points.{language}", "Write between 1 and 30 characters."))
    return problems


register(Section("identity", Identity, check))
