"""Products: what is sold, by its number, as shop systems export it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.core.errors import DomainError
from loyalty.exchange.kinds import parsing
from loyalty.exchange.kinds.base import (
    KNOWN,
    MADE,
    READY,
    Bad,
    Context,
    Field,
    Line,
    Problem,
    Verdict,
    read_all,
    refused,
    repeated,
)
from members.operations.products import remove_untouched, would_change, write_products
from members.rules.facts import LineKind
from members.rules.products import ProductChange, product_problems

LONGEST = {"sku": 100, "name": 200, "category": 100, "brand": 100}
LONGEST_TAG, MOST_TAGS = 60, 20
ON_SALE = {
    "active": False,
    "published": False,
    "offered": False,
    "draft": True,
    "archived": True,
    "inactive": True,
}
"""States of shop systems, and whether a product in one of them is put away."""
FIELDS = (
    Field(name="sku", label=gettext_lazy("Product number"),
          aliases=("sku", "variantsku", "productsku", "itemsku", "artikelnummer", "artnr", "varenummer", "productid",
                   "productcode", "itemnumber")),
    Field(name="name", label=gettext_lazy("Product name"),
          aliases=("name", "title", "productname", "producttitle", "namn", "navn", "naam", "benamning", "produkt",
                   "titel")),
    Field(name="category", label=gettext_lazy("Category"),
          aliases=("category", "producttype", "kategori", "categorie")),
    Field(name="categories", label=gettext_lazy("Categories, several or as a path"),
          aliases=("categories", "productcategory", "productcategories", "kategorier", "categorieen"),
          help=gettext_lazy("The first of several counts, and of “Food > Dairy” the last part.")),
    Field(name="brand", label=gettext_lazy("Brand"),
          aliases=("brand", "brands", "vendor", "manufacturer", "marke", "varumarke", "merke", "merk", "varemerke")),
    Field(name="tags", label=gettext_lazy("Labels"),
          aliases=("tags", "producttags", "labels", "taggar", "etiketter"),
          help=gettext_lazy("With commas between them.")),
    Field(name="kind", label=gettext_lazy("Kind"), aliases=("kind", "linekind"),
          help=gettext_lazy("One of product, gift_card, shipping, tax, fee and tip.")),
    Field(name="gift_card", label=gettext_lazy("Is a gift card"), aliases=("giftcard", "isgiftcard")),
    Field(name="price", label=gettext_lazy("Price"),
          aliases=("price", "variantprice", "regularprice", "unitprice", "pris", "prijs")),
    Field(name="cost", label=gettext_lazy("What one costs you"),
          aliases=("cost", "costperitem", "costprice", "unitcost", "costofgoods", "inkopspris", "innkjopspris",
                   "inkoopprijs")),
    Field(name="currency", label=gettext_lazy("Currency"), aliases=("currency", "valuta")),
    Field(name="archived", label=gettext_lazy("Put away"), aliases=("archived", "arkiverad", "arkivert",
          "gearchiveerd")),
    Field(name="status", label=gettext_lazy("State"), aliases=("status", "state")),
    Field(name="external_updated_at", label=gettext_lazy("Last changed"),
          aliases=("externalupdatedat", "updatedat", "dateupdated", "lastmodified", "modified", "datemodified",
                   "andrad", "endret", "gewijzigd")),
    Field(name="handle", label=gettext_lazy("Product these variants belong to"), aliases=("handle", "urlhandle"),
          help=gettext_lazy("Variants below each other take from the first what their rows leave out.")),
)  # fmt: skip
SHARED = ("name", "category", "categories", "brand", "tags", "kind", "gift_card", "status", "archived")
"""What the rows of variants leave out because the first row of their product says it."""


class ProductsKind:
    """Rows are products, by number. What a file does not say of one stays; one that is here and says the same is
    passed over."""

    name = "products"
    label = gettext_lazy("Products")
    fields: tuple[Field, ...] = FIELDS

    def lacking(self, fields: set[str]) -> list[str]:
        """Which product."""
        return [] if "sku" in fields else [_("Say which column has the product’s number.")]

    def names(self, lines: Sequence[Line], context: Context) -> list[list[str]]:
        """By its number, exactly."""
        return [[line.get("sku")] if line.get("sku") else [] for line in lines]

    def group(self, line: Line) -> str:
        """The product it is a variant of."""
        return f"handle {line.get('handle')}" if line.get("handle") else ""

    def judge(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Which products are new or say something else than here."""
        found, verdicts = _read(lines, context)
        news = would_change(products=list(found.values()))
        for (place, _product), is_new in zip(found.items(), news, strict=True):
            verdicts[place] = Verdict(lines[place].number, READY if is_new else KNOWN)
        return [verdicts[place] for place in range(len(lines))]

    def carry_out(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Write them. Only those that were not here before are taken out again when it is undone."""
        found, verdicts = _read(lines, context)
        places = list(found)
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            answers = write_products(products=[found[place] for place in some], at=context.at)
            for place, answer in zip(some, answers, strict=True):
                line = lines[place]
                if isinstance(answer, DomainError):
                    verdicts[place] = refused(line, answer)
                elif answer.made or answer.changed:
                    subject = answer.product if answer.made else None
                    verdicts[place] = Verdict(line.number, MADE, subject=subject)
                else:
                    verdicts[place] = Verdict(line.number, KNOWN)
        return [verdicts[place] for place in range(len(lines))]

    def undo(self, subjects: Sequence[UUID], at: datetime) -> list[str]:
        """Take out those nobody has changed since."""
        gone = remove_untouched(made=subjects)
        return ["" if key in gone else _("This product has been changed since.") for key in subjects]


AT_ONCE = 500


def _read(lines: Sequence[Line], context: Context) -> tuple[dict[int, ProductChange], dict[int, Verdict]]:
    """What each row says of which product, by its place, and verdicts on the others."""
    whole = _inherited(lines)
    found, verdicts = read_all(whole, lambda line: _product(line, context))
    for place, line in enumerate(whole):
        if place in found and line.nth:
            verdicts[place] = repeated(line)
            del found[place]
        elif not line.get("sku") and _only_pictures(line, lines[place]):
            verdicts[place] = Verdict(line.number, KNOWN)
    return found, verdicts


def _inherited(lines: Sequence[Line]) -> list[Line]:
    """Rows of variants with what the first row of their product says and they leave out."""
    found: list[Line] = []
    handle, shared = "", {}
    for line in lines:
        own = line.get("handle")
        if not own or own != handle:
            handle, shared = own, {name: line.get(name) for name in SHARED if line.get(name)}
            found.append(line)
        else:
            values = {**shared, **{name: text for name, text in line.values.items() if text}}
            found.append(Line(line.number, values, line.nth, line.first))
    return found


def _only_pictures(whole: Line, line: Line) -> bool:
    """A row below a product that says nothing of any: shop systems write one for each further picture."""
    return whole is not line and set(line.values) <= {"handle"}


def _product(line: Line, context: Context) -> ProductChange:
    """A row as a product. Raises `Bad` with everything that is wrong with it."""
    problems: list[Problem] = []

    def tried(read: Any, *arguments: Any) -> Any:
        try:
            return read(line, *arguments)
        except Bad as found:
            problems.extend(found.problems)
            return None

    if not line.get("sku"):
        problems.append(Problem("sku", "", "missing", _("A product needs its number.")))
    for name, most in LONGEST.items():
        text = line.get(name)
        if len(text) > most or not text.isprintable():
            reason = _("Write at most {most} visible characters.").format(most=most)
            problems.append(Problem(name, text[:200], "too_long", reason))
    currency = tried(_currency)
    said: dict[str, Any] = {name: line.get(name) for name in LONGEST if line.get(name)}
    said |= {
        "category": line.get("category") or tried(_category),
        "tags": tried(_tags),
        "kind": tried(_kind),
        "price_minor": tried(parsing.money, "price", currency or context.shop.currency),
        "cost_minor": tried(parsing.money, "cost", currency or context.shop.currency),
        "currency": currency,
        "archived": tried(_archived),
        "external_updated_at": tried(
            parsing.instant, "external_updated_at", context.option("dates", "dmy"), context.zone
        ),
    }
    if problems:
        raise Bad(*problems)
    return _change({name: value for name, value in said.items() if value not in (None, "")}, line, context)


def _change(said: Mapping[str, Any], line: Line, context: Context) -> ProductChange:
    change = msgspec.convert(said, ProductChange)
    found = product_problems(change, at=context.at)
    if found:
        raise parsing.invalid(line, found)
    return change


def _currency(line: Line) -> str | None:
    text = line.get("currency").upper()
    if text and not re.fullmatch(r"[A-Z]{3}", text):
        raise parsing.problem(line, "currency", "invalid", _("Write a currency like EUR."))
    # A currency is of the amounts beside it, never of one that is here already.
    return text if text and (line.get("price") or line.get("cost")) else None


def _parts(text: str) -> list[str]:
    """What stands between commas; one behind a backslash belongs to a name."""
    found = [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", text)]
    return list(dict.fromkeys(part for part in found if part))


def _category(line: Line) -> str | None:
    """The first of several, and of a path its last part: rules name what is sold by one word."""
    parts = _parts(line.get("categories"))
    if not parts:
        return None
    name = parts[0].rsplit(">", 1)[-1].strip()
    if len(name) > LONGEST["category"] or not name.isprintable():
        raise parsing.problem(line, "categories", "too_long",
                              _("Write at most {most} visible characters.").format(most=100))  # fmt: skip
    return name


def _tags(line: Line) -> tuple[str, ...] | None:
    parts = _parts(line.get("tags").replace("\\,", ","))
    if any(len(part) > LONGEST_TAG or not part.isprintable() for part in parts) or len(parts) > MOST_TAGS:
        reason = _("At most {most} labels of {longest} visible characters.").format(
            most=MOST_TAGS, longest=LONGEST_TAG
        )
        raise parsing.problem(line, "tags", "too_long", reason)
    return tuple(parts) or None


def _kind(line: Line) -> str | None:
    text = line.get("kind").strip().lower().replace(" ", "_").replace("-", "_")
    if text and text not in set(LineKind):
        reason = _("Write one of {kinds}.").format(kinds=", ".join(LineKind))
        raise parsing.problem(line, "kind", "invalid", reason)
    if text:
        return text
    return LineKind.GIFT_CARD.value if parsing.yes_or_no(line, "gift_card") else None


def _archived(line: Line) -> bool | None:
    told = parsing.yes_or_no(line, "archived")
    text = line.get("status").strip().casefold()
    if told is not None or not text:
        return told
    if text not in ON_SALE:
        raise parsing.problem(line, "status", "invalid", _("Write active, draft or archived."))
    return ON_SALE[text]
