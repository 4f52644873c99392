"""The component library's tags and filters: ``{% load ui %}``.

A component is a template in ``templates/components/``. Those that only show values are included; those that
wrap content or need a little thought (a form field, a code, attributes) are the tags here, and each renders
the template of its own name. Further keyword arguments become HTML attributes (``hx_post`` → ``hx-post``);
attributes that the content security policy would block are refused where they are written, not discovered in
a browser's console.
"""
# ruff: noqa: A002 - arguments are named like the HTML attributes they become

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

import segno
from django import template
from django.contrib.messages.storage.base import Message
from django.forms import BoundField, CheckboxInput, ClearableFileInput, Select, Textarea
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from loyalty.core import formats

register = template.Library()

#: ``extra_tags`` of a message that can be taken back: "undo=/path/to/post/to".
UNDO = "undo="

_TOAST_ICONS = {
    "success": "circle-check",
    "info": "info",
    "warning": "triangle-alert",
    "error": "circle-alert",
}
_TOAST_KINDS = {"success": "good", "info": "info", "warning": "warn", "error": "bad"}


def _named[Value](given: Mapping[str, Value]) -> dict[str, Value]:
    """Return keyword arguments under their HTML names; raise ValueError for what a browser would block."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in given.items()}
    for name, value in named.items():
        blocked = name == "style" or name.startswith(("on", "hx-on"))
        if blocked or str(value).lstrip().startswith(("js:", "javascript:")):
            raise ValueError(f"{name}={value!r} is blocked by the content security policy")
    return named


def _attributes(given: Mapping[str, object]) -> SafeString:
    """Return keyword arguments as escaped HTML attributes; None and False leave one out, True is bare."""
    return flatatt({name: value for name, value in _named(given).items() if value is not None})


def _render(name: str, context: Mapping[str, object]) -> SafeString:
    """Render a component without the white space around it, which would show inside a sentence."""
    return mark_safe(render_to_string(name, dict(context)).strip())  # noqa: S308 (a template's output)


def _trimmed(content: str) -> SafeString:
    """Return a block's content without the white space around it, still safe: it came out of a template."""
    return mark_safe(content.strip())  # noqa: S308


@lru_cache(maxsize=512)
def _drawn(name: str, size: int, label: str) -> SafeString:
    named = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    drawn = lucide(name, size=size, stroke_width="1.75", focusable="false", **named)
    return mark_safe(drawn)  # noqa: S308 (the icon library's drawing)


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "") -> SafeString:
    """Draw a lucide icon, ``size`` CSS pixels wide. It is decoration unless ``label`` says what it means."""
    # Plain str: the XML writer under lucide refuses SafeString, and the cache's key should be one type.
    return _drawn("" + name, int(size), str(label) + "")


@register.simple_block_tag
def button(
    content: str,
    kind: str = "",
    *,
    href: str = "",
    type: str = "button",
    size: str = "",
    icon: str = "",
    label: str = "",
    **attributes: object,
) -> SafeString:
    """Render a button, or a link that looks like one when there is an ``href``.

    ``kind``: "" (plain), primary, quiet, danger, danger-quiet, link. ``size``: "", large, wide, icon
    (square; needs ``label``). ``icon``: a lucide name, drawn before the content.
    """
    if attributes.get("hx_get") and not href:
        raise ValueError("a button with hx_get needs an href, so that it works without a script")
    if size == "icon" and not label:
        raise ValueError("a button that is only an icon needs a label")
    classes = ["button", *(f"button--{part}" for part in (*kind.split(), *size.split()))]
    context = {
        "content": _trimmed(content), "href": href, "type": type, "icon": icon, "label": label,
        "classes": " ".join(classes), "attributes": _attributes(attributes),
    }  # fmt: skip
    return _render("components/button.html", context)


@register.simple_block_tag
def card(
    content: str,
    title: str = "",
    *,
    note: str = "",
    level: int = 2,
    kind: str = "",
    flush: bool = False,
    link: str = "",
    link_text: str = "",
    **attributes: object,
) -> SafeString:
    """Render a card. ``link``/``link_text`` end its head; ``flush`` lets a table touch the edges."""
    context = {
        "content": content, "title": title, "note": note, "level": level, "kind": kind, "flush": flush,
        "link": link, "link_text": link_text, "attributes": _attributes(attributes),
    }  # fmt: skip
    return _render("components/card.html", context)


@register.simple_block_tag
def dialog(content: str, id: str, *, title: str, open: bool = False) -> SafeString:
    """Render a modal dialog, opened by ``{% button command="show-modal" commandfor=id %}``.

    With ``open`` it shows itself when it arrives: for dialogs that htmx swaps in.
    """
    return _render("components/dialog.html", {"content": content, "id": id, "title": title, "open": open})


@register.simple_block_tag
def why(content: str, word: str = "", *, href: str = "", open: bool = False) -> SafeString:
    """Render a disclosure; ``word`` is what to press ("Why?" when empty).

    With ``href`` the content is what stands there until the answer has been fetched from that address on the
    first opening, so it should hold the link for people without scripts.
    """
    context = {"content": content, "word": word, "href": href, "open": open}
    return _render("components/why.html", context)


@register.simple_block_tag
def table(content: str, *, caption: str, visible: bool = False, **attributes: object) -> SafeString:
    """Render a table that becomes a list of cards where it has no room for columns.

    The content is ``<thead role="rowgroup">`` and ``<tbody role="rowgroup">`` with ``<tr role="row">``
    (explicit roles survive the change of layout), head cells by ``{% column %}``, the others by ``{% cell
    %}``.
    """
    context = {
        "content": content,
        "caption": caption,
        "visible": visible,
        "attributes": _attributes(attributes),
    }
    return _render("components/table.html", context)


@register.simple_tag
def column(
    label: str, kind: str = "", *, href: str = "", sorted: str = "", hidden: bool = False
) -> SafeString:
    """Render a head cell. ``href`` sorts by this column; ``sorted`` is "", "ascending" or "descending".

    ``kind``: "" or "number". ``hidden`` keeps the label for screen readers only (a column of buttons).
    """
    context = {"label": label, "kind": kind, "href": href, "sorted": sorted, "hidden": hidden}
    return _render("components/column.html", context)


@register.simple_block_tag
def cell(content: str, label: str = "", kind: str = "", **attributes: object) -> SafeString:
    """Render a table cell; ``label`` names it in the card layout. ``kind``: "", lead, number, actions."""
    return format_html(
        '<td role="cell" class="cell{}" data-label="{}"{}>{}</td>',
        f" cell--{kind}" if kind else "", label, _attributes(attributes), _trimmed(content),
    )  # fmt: skip


def _widget_classes(bound: BoundField) -> str:
    widget = bound.field.widget
    kinds = ["input"]
    if isinstance(widget, Textarea):
        kinds.append("input--area")
    elif isinstance(widget, Select):
        kinds.append("input--select")
    elif isinstance(widget, ClearableFileInput):
        kinds.append("input--file")
    elif getattr(widget, "input_type", "") == "color":
        kinds.append("input--colour")
    elif bound.field.widget.attrs.get("autocomplete") == "one-time-code":
        kinds.append("input--code")
    return " ".join([*kinds, *str(widget.attrs.get("class", "")).split()])


@register.simple_tag
def field(
    bound: BoundField,
    *,
    prefix: str = "",
    suffix: str = "",
    label: str = "",
    help: str = "",
    **attributes: str | bool,
) -> SafeString:
    """Render a bound form field: label, help, widget and errors, tied together for screen readers.

    ``prefix``/``suffix`` stand inside the frame ("kr", "points"). Further arguments become attributes of the
    widget.
    """
    if not isinstance(bound, BoundField):
        raise TypeError(f"field needs a field of a form, not {bound!r}")
    if "id" in attributes:
        raise ValueError("a field's id comes from its form; give the form a prefix instead")
    if bound.is_hidden:
        return bound.as_widget()
    shape = (
        "group" if bound.use_fieldset else "tick" if isinstance(bound.field.widget, CheckboxInput) else "box"
    )
    given = _named(attributes)
    if help:
        bound.help_text = help
    if shape == "box":
        given["class"] = _widget_classes(bound)
    context = {
        "field": bound, "shape": shape, "label": label or bound.label, "prefix": prefix, "suffix": suffix,
        "widget": "" if shape == "group" else bound.as_widget(attrs=given),
        "optional": not bound.field.required and not bound.field.disabled and shape != "tick",
    }  # fmt: skip
    return _render("components/field.html", context)


@register.simple_tag
def badge(text: str, kind: str = "", *, icon: str = "") -> SafeString:
    """Render a badge. ``kind``: "", good, warn, bad, info, brand. Colour only repeats what the text says."""
    context = {"text": text, "kind": kind, "icon": icon}
    return _render("components/badge.html", context)


@register.simple_tag
def qr(data: str, *, label: str, code: str = "", large: bool = False) -> SafeString:
    """Render ``data`` as a QR code on a white plate, ``code`` (what to type instead) below; ``label`` is its
    name.
    """
    # The quiet zone of four modules belongs to the code: without it, scanners miss it on a dark page.
    drawn = segno.make(data, error="m", micro=False).svg_inline(omitsize=True, border=4)
    context = {"svg": mark_safe(drawn), "label": label, "code": code, "large": large}  # noqa: S308 (segno's drawing)
    return _render("components/qr.html", context)


@register.simple_tag(takes_context=True)
def toast(context: template.Context, message: Message) -> SafeString:
    """Render a message of ``django.contrib.messages``; ``extra_tags="undo=/path"`` adds an Undo button."""
    undo_url = next(
        (tag[len(UNDO) :] for tag in (message.extra_tags or "").split() if tag.startswith(UNDO)), ""
    )
    if undo_url and (not undo_url.startswith("/") or undo_url.startswith("//")):
        raise ValueError(f"undo must stay on this host: {undo_url!r}")
    shown = {
        "text": message.message,
        "kind": _TOAST_KINDS.get(message.level_tag, "info"),
        "icon": _TOAST_ICONS.get(message.level_tag, "info"),
        "undo_url": undo_url,
        "csrf_token": context.get("csrf_token"),
    }
    return _render("components/toast.html", shown)


@register.filter
def in_form(url: str, form: str) -> str:
    """The address of a file in another form than CSV."""
    return f"{url}{'&' if '?' in url else '?'}as={form}"


@register.filter
def money(amount_minor: int | None, currency: str) -> str:
    """``{{ order.total_minor|money:order.currency }}`` → "SEK 184.50"."""
    return formats.money(amount_minor, currency)


@register.filter
def points(value: int | None, words: Mapping[str, str] | str = "") -> str:
    """``{{ balance|points }}`` → "1,240"; ``{{ balance|points:words }}`` → "1,240 beans"."""
    return formats.points(value, words)


@register.filter
def signed(value: int | None) -> str:
    """``{{ entry.amount|signed }}`` → "+276" or "−500"."""
    return formats.signed(value)


@register.filter
def local_time(value: date | datetime | None, style: str = "datetime") -> SafeString | str:
    """``{{ at|local_time }}`` → ``<time datetime title>``, read in the merchant's zone.

    ``style``: datetime, date, time or ago. The attribute holds the exact instant in UTC, the title says it
    in full.
    """
    if value is None:
        return formats.NOTHING
    machine = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()
    return format_html(
        '<time class="figure" datetime="{}" title="{}">{}</time>',
        machine, formats.when(value, "exact"), formats.when(value, style),
    )  # fmt: skip


@register.filter
def initials(name: str) -> str:
    """Return up to two letters for a name's badge: "Fika & Co" → "FC"."""
    words = [word for word in str(name).split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


@register.filter
def share(part: Decimal | None) -> str:
    """``{{ worked.back|share }}`` → "7.0%", or a dash for None; ``part`` is from 0 to 1."""
    return formats.NOTHING if part is None else formats.percent(part)


@register.filter
def named(names: Mapping[str, str], key: str) -> str:
    """``{{ names|named:event.actor }}`` → the name that belongs to a key, "" when there is none."""
    return names.get(key, "")
