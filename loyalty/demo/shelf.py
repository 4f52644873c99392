"""What the grocery data's product table becomes on a receipt: a readable name, a category, tags.

The table shouts in till abbreviations cut off at thirty characters ("SFT DRNK SNGL SRV BTL CARB (EX").
Nothing is invented here: words are lower-cased, common abbreviations written out, bracketed asides dropped,
and the package size appended. The data names kinds of goods, so thousands of products share a name; the SKU
tells them apart.
"""

import re
from typing import NamedTuple


class Product(NamedTuple):
    """One row of the product table, ready for an order line. Field order is the order of `history.Line`."""

    sku: str
    name: str
    category: str
    brand: str
    """"National" or "Private", the data's own two values; empty when the product is not in the table."""
    tags: tuple[str, ...]
    """The department as a slug, then any of `own-brand`, `fuel`, `gift-card`, `alcohol`, `tobacco`."""


FUEL, GIFT_CARD, ALCOHOL, TOBACCO, OWN_BRAND = "fuel", "gift-card", "alcohol", "tobacco", "own-brand"

_FUEL_TYPE = "GASOLINE-REG UNLEADED"
_ALCOHOL = {"BEERS/ALES", "DOMESTIC WINE", "IMPORTED WINE", "MISC WINE", "LIQUOR"}
_TOBACCO = {"CIGARETTES", "CIGARS", "TOBACCO OTHER"}

_DEPARTMENT_TAGS = {
    "DRUG GM": "drugstore",
    "MEAT-PCKGD": "meat",
    "SEAFOOD-PCKGD": "seafood",
    "FROZEN GROCERY": "grocery",
    "ELECT &PLUMBING": "hardware",
    "PROD-WHS SALES": "produce",
    # Collecting bins of the till, not departments a shopper would recognise. Fuel gets its tag from the
    # product type instead, because 1,700 of its lines sit in MISCELLANEOUS.
    "CNTRL/STORE SUP": "",
    "COUPON": "",
    "FUEL": "",
    "GM MERCH EXP": "",
    "MISCELLANEOUS": "",
}

_VAGUE = re.compile(
    "accessories|choice|decor|economy|enhanced|frozen|lean|mainstream|miscellaneous|other|patties|premium|"
    "primal|regular|select|specialty|super|traditional|value",
    re.IGNORECASE,
)
"""Product types that say nothing without their category: "Premium" is ice cream, "Primal" is beef."""

_WRITTEN_OUT = {
    "beeralemalt": "beer, ale and malt",
    "bg": "bags",
    "bkd": "baked",
    "bn": "beans",
    "brkfst": "breakfast",
    "btl": "bottle",
    "btr": "butter",
    "carb": "carbonated",
    "catfd": "cat food",
    "chix": "chicken",
    "choc": "chocolate",
    "chococlate": "chocolate",
    "ckys": "cookies",
    "cleang": "cleaning",
    "cndy": "candy",
    "conc": "concentrate",
    "crbntd": "carbonated",
    "crkr": "crackers",
    "crystl": "crystal",
    "disposible": "disposable",
    "dnr": "dinner",
    "dnrs": "dinners",
    "dogfd": "dog food",
    "drnk": "drink",
    "drnking": "drinking",
    "drnkng": "drinking",
    "drnks": "drinks",
    "drsng": "dressing",
    "dsh": "dishes",
    "fd": "food",
    "fem": "feminine",
    "flvrd": "flavored",
    "frd": "fried",
    "frz": "frozen",
    "frzn": "frozen",
    "gds": "goods",
    "hallowen": "Halloween",
    "hbc": "health and beauty",
    "hygn": "hygiene",
    "jce": "juice",
    "liq": "liquid",
    "memorablilia": "memorabilia",
    "mfg": "manufacturer",
    "misc": "miscellaneous",
    "mixs": "mixes",
    "mlk": "milk",
    "mlt": "multi",
    "mneral": "mineral",
    "mnrl": "mineral",
    "mx": "mix",
    "mxs": "mixes",
    "pk": "pack",
    "pkg": "packaged",
    "pkgd": "packaged",
    "pkld": "pickled",
    "pnt": "peanut",
    "prem": "premium",
    "prep": "prepared",
    "pwdr": "powder",
    "pwdrs": "powders",
    "refrgratd": "refrigerated",
    "refrig": "refrigerated",
    "sald": "salad",
    "saucessalsapicantee": "sauces, salsa and picante",
    "saus": "sausage",
    "sft": "soft",
    "sgl": "single",
    "sherbts": "sherbets",
    "sndwch": "sandwich",
    "sngl": "single",
    "snks": "snacks",
    "specilaty": "specialty",
    "sply": "supply",
    "sprd": "spread",
    "srv": "serving",
    "suppplies": "supplies",
    "sw": "sweet",
    "sweetners": "sweeteners",
    "tiss": "tissue",
    "tort": "tortilla",
    "trsh": "trash",
    "veg": "vegetable",
    "whl": "whole",
    "whlsm": "wholesome",
    "wt": "weight",
    "wtr": "water",
}

_ASIDE = re.compile(r"\([^)]*\)?")
_WORD = re.compile(r"\b[a-z']+")
_UNITS = {"dz": "dozen", "ga": "gal", "l": "L", "ctn": "carton"}


def readable(shouted: str) -> str:
    """`"FRZN MEAT/MEAT DINNERS"` → `"Frozen meat/meat dinners"`; bracketed asides and stray spaces go."""
    text = _ASIDE.sub(" ", shouted.lower()).replace("&", " & ").replace(":", ": ")
    text = _WORD.sub(lambda word: _WRITTEN_OUT.get(word.group(), word.group()), text)
    text = " ".join(text.split()).strip(" -/:,&")
    return text[:1].upper() + text[1:]


def shelve(
    product_id: int,
    department: str | None,
    brand: str | None,
    category: str | None,
    kind: str | None,
    size: str | None,
) -> Product:
    """One row of the product table (texts as published, or `None`) as a `Product`.

    A product that the table does not list has no department: it becomes an "Unlisted item" without brand or
    tags.
    """
    sku = str(product_id)
    if department is None:
        return Product(sku, "Unlisted item", "Unlisted", "", ())
    kind, category = kind or "", category or department
    if kind == _FUEL_TYPE:
        return Product(sku, "Gasoline, regular unleaded", "Fuel", brand or "", (FUEL,))
    if "GIFT CARD" in kind:
        return Product(sku, "Gift card", "Gift cards", brand or "", (GIFT_CARD,))
    shelf = "Miscellaneous" if category == "COUPON/MISC ITEMS" else readable(category)
    return Product(
        sku, _name(department, shelf, kind, size), shelf, brand or "", _tags(department, brand, category)
    )


def _name(department: str, shelf: str, kind: str, size: str | None) -> str:
    """The product's type, led by its category where the type alone says nothing, then the package size."""
    name = readable(kind) or shelf
    if _VAGUE.fullmatch(name) and name != shelf:
        name = f"{shelf}, {name.lower()}"
    # Produce carries the size of the crate it came in ("bananas, 40 lb"), not of what the shopper took.
    if size and department != "PRODUCE":
        measure = _WORD.sub(lambda unit: _UNITS.get(unit.group(), unit.group()), _ASIDE.sub("", size.lower()))
        name = f"{name}, {' '.join(measure.split())}"
    return name


def _tags(department: str, brand: str | None, category: str) -> tuple[str, ...]:
    """Department first, then what programmes commonly exclude or favour."""
    slug = re.sub(r"[^a-z]+", "-", department.lower()).strip("-")
    tags = {
        _DEPARTMENT_TAGS.get(department, slug): True,
        OWN_BRAND: brand == "Private",
        ALCOHOL: category in _ALCOHOL,
        TOBACCO: category in _TOBACCO,
    }
    return tuple(tag for tag, applies in tags.items() if tag and applies)
