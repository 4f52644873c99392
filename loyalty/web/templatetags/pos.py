"""Tags of the till: ``{% load pos %}``."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def count_of(typed: Mapping[str, str] | str | None, item: str) -> str:
    """``{{ typed|count_of:item.id }}`` → how many of a product a form that came back says."""
    return typed.get(f"n:{item}", "") if isinstance(typed, Mapping) else ""


@register.filter
def typed_of(typed: Mapping[str, str] | str | None, item: str) -> str:
    """``{{ typed|typed_of:item.id }}`` → how much of the sum a form that came back says a product was."""
    return typed.get(f"a:{item}", "") if isinstance(typed, Mapping) else ""
