"""Whereto a link leads, for templates."""

from __future__ import annotations

from urllib.parse import urlsplit

from django import template

register = template.Library()


@register.filter
def host(address: str) -> str:
    """The name of the site of an address, without www."""
    return (urlsplit(address).hostname or "").removeprefix("www.")
