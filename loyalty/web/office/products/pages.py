"""The catalogue's pages: the list with its filters, a product with what it sold lately, and its form."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import ids
from loyalty.core.errors import DomainError, Forbidden
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import PAGE, address, is_text
from loyalty.web.office.orders import order_rows
from loyalty.web.office.products.forms import ALIASES, LINE_KINDS, ProductForm
from loyalty.web.office.products.places import position, seal, unseal
from members.models import Product
from members.operations.products import archive_product, save_product
from members.queries import products as queries
from members.queries.orders import orders_of_ids
from members.queries.products import Choice, Names

LATELY_DAYS = 30
_KINDS = dict(LINE_KINDS)


def _choice(request: HttpRequest) -> Choice:
    """What an address narrows the list to; what nobody offers narrows nothing."""
    got = {
        name: request.GET.get(name, "").strip()[:100] for name in ("q", "category", "brand", "tag", "kind")
    }
    got = {name: text if is_text(text) else "" for name, text in got.items()}
    return Choice(
        text=got["q"], category=got["category"], brand=got["brand"], tag=got["tag"],
        kind=got["kind"] if got["kind"] in _KINDS else "", archived=request.GET.get("show") == "archived",
    )  # fmt: skip


def _filters(choice: Choice, in_use: Names) -> list[dict[str, Any]]:
    """The filters as the page offers them; one that is chosen stays among them although nothing has it any more."""
    selects = (
        ("category", _("Category"), in_use.categories, choice.category),
        ("brand", _("Brand"), in_use.brands, choice.brand),
        ("tag", _("Label"), in_use.tags, choice.tag),
    )
    found = [
        {"name": name, "label": label, "chosen": chosen,
         "options": [(one, one) for one in ([chosen] if chosen and chosen not in names else []) + names]}
        for name, label, names, chosen in selects if names or chosen
    ]  # fmt: skip
    return [*found, {"name": "kind", "label": _("Kind"), "chosen": choice.kind, "options": LINE_KINDS}]


def _chips(request: HttpRequest, choice: Choice) -> list[dict[str, str]]:
    words = {
        "category": choice.category, "brand": choice.brand, "tag": choice.tag,
        "kind": str(_KINDS[choice.kind]) if choice.kind else "",
    }  # fmt: skip
    return [
        {"label": text, "url": address(request, **{name: "", "after": ""})}
        for name, text in words.items()
        if text
    ]


def listed(row: Product, slug: str) -> dict[str, Any]:
    """One product as a list shows it."""
    return {
        "product": row,
        "url": reverse("office:product", args=[slug, ids.encode("prd", row.pk)]),
        "kind": _KINDS.get(row.kind, row.kind) if row.kind != "product" else "",
    }


@require_safe
@require("products.view")
def products(request: HttpRequest, here: Here) -> HttpResponse:
    """The catalogue by name; the address finds, filters and pages on with `?after=`."""
    choice, slug = _choice(request), here.merchant.slug
    rows = queries.by_name(queries.products(choice), after=unseal(request.GET.get("after", "")))
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "rows": [listed(row, slug) for row in found[:PAGE]],
        "any": bool(found) or queries.any_products(),
        "choice": choice,
        "is_filtered": choice.narrows,
        "filters": _filters(choice, queries.names_in_use()),
        "chips": _chips(request, choice),
        "tabs": [
            {"label": pgettext("products", "On sale"), "url": address(request, show="", after=""),
             "current": not choice.archived},
            {"label": pgettext("products", "Put away"), "url": address(request, show="archived", after=""),
             "current": bool(choice.archived)},
        ],
        "import_url": f"{reverse('office:import_new', args=[slug])}?kind=products",
        "first_url": address(request, after="") if request.GET.get("after") else "",
        "next_url": address(request, after=seal(position(last))) if last else "",
    }  # fmt: skip
    return office_page(
        request, here, "office/products/products.html", context, current="products", partial="list"
    )


def _page(request: HttpRequest, here: Here, form: ProductForm, row: Product | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "product": row}
    if row is not None:
        context |= {"public_id": ids.encode("prd", row.pk), **_lately(here, row)}
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/products/product.html", context, current="products", status=status
    )


def _lately(here: Here, row: Product) -> dict[str, Any]:
    """What the product sold, and the last orders for those who may see them."""
    sold = queries.sold(row.sku, since=here.at - timedelta(days=LATELY_DAYS))
    orders: list[dict[str, Any]] = []
    if here.may("members.view") and sold.last:
        found = {bought.order.pk: bought.order for bought in orders_of_ids(sold.last)}
        orders = order_rows([found[key] for key in sold.last if key in found], here.merchant.slug)
    return {
        "sold": sold,
        "days": LATELY_DAYS,
        "is_cut": sold.looked_at == queries.MOST_ORDERS,
        "rows": orders,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@require("products.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """A new product. A number that is taken is refused: nothing is written over by mistake."""
    sent = request.POST if request.method == "POST" else None
    form = ProductForm(sent, currency=here.merchant.currency, in_use=queries.names_in_use())
    if sent is not None and form.is_valid():
        if queries.is_known(form.cleaned_data["sku"]):
            form.add_error("sku", _("There is a product with this number already."))
        else:
            row = _saved(form, here)
            if row is not None:
                messages.success(request, _("“{name}” is in the catalogue.").format(name=row))
                return sent_to(request, reverse("office:products", args=[here.merchant.slug]))
    return _page(request, here, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@require("products.view")
def product(request: HttpRequest, here: Here, product_id: str) -> HttpResponse:
    """A product with what it sold lately and, where the role allows, its form."""
    row = queries.product(ids.decode("prd", product_id))
    currency, in_use = here.merchant.currency, queries.names_in_use()
    if request.method != "POST":
        form = ProductForm.of(row, currency=currency, in_use=in_use)
        if not here.may("products.edit"):
            for field in form.fields.values():
                field.disabled = True
        return _page(request, here, form, row)
    if not here.may("products.edit"):
        raise Forbidden
    form = ProductForm(request.POST, currency=currency, in_use=in_use, row=row)
    if form.is_valid() and _saved(form, here) is not None:
        messages.success(request, _("The product is saved."))
        return sent_to(request, request.path)
    return _page(request, here, form, row)


def _saved(form: ProductForm, here: Here) -> Product | None:
    try:
        return save_product(product=form.change(), at=here.at)
    except DomainError as error:
        show_errors(form, error, ALIASES)
        return None


@require_POST
@require("products.edit")
def archive(request: HttpRequest, here: Here, product_id: str) -> HttpResponse:
    """Put a product away; it can be taken out again for as long as one likes."""
    row = queries.product(ids.decode("prd", product_id))
    archive_product(sku=row.sku, at=here.at)
    undo = reverse("office:product_restore", args=[here.merchant.slug, product_id])
    messages.success(
        request, _("“{name}” is put away. Orders still know it.").format(name=row), extra_tags=f"undo={undo}"
    )
    return sent_to(request, reverse("office:products", args=[here.merchant.slug]))


@require_POST
@require("products.edit")
def restore(request: HttpRequest, here: Here, product_id: str) -> HttpResponse:
    """Take a product out again."""
    row = queries.product(ids.decode("prd", product_id))
    archive_product(sku=row.sku, at=here.at, archived=False)
    messages.success(request, _("“{name}” is on sale again.").format(name=row))
    return sent_to(request, reverse("office:product", args=[here.merchant.slug, product_id]))
