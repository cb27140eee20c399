"""Texts of researchers as pages show them: Markdown without HTML, and pictures of the study only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

#: From the name of a picture to its address; None where the study has no such picture.
Addresses = Callable[[str], str | None]

_LINKED = re.compile(r"(https?|mailto):", re.IGNORECASE)


def render(text: str, address: Addresses) -> SafeString:
    """Safe HTML of a text in Markdown (CommonMark, where lines break as written).

    Headings begin at the second level, below the page's own, and leave no level out.
    """
    made = _markdown()
    tokens = made.parse(text)
    _level(tokens)
    # HTML in the text is escaped: all tags are the renderer's.
    return mark_safe(made.renderer.render(tokens, made.options, {"address": address}))


def _level(tokens: Sequence[Token]) -> None:
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    ranks = sorted({token.tag for token in headings})
    last = 1
    for token in headings:
        if token.nesting > 0:
            last = min(2 + ranks.index(token.tag), last + 1)
        token.tag = f"h{last}"


def pictures(text: str) -> set[str]:
    """The names of the pictures that a text shows."""
    return {str(token.attrs["src"]) for token in _walk(_markdown().parse(text)) if token.type == "image"}


def _walk(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield from _walk(token.children or ())


@cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    # Judged below, where pictures are names.
    made.validateLink = lambda url: True  # type: ignore[method-assign]
    made.add_render_rule("image", _image)
    made.add_render_rule("link_open", _link_open)
    return made


def _image(renderer: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    token = tokens[place]
    text = renderer.renderInlineAsText(token.children, options, env)
    address = env["address"](str(token.attrs["src"]))
    return format_html('<img src="{}" alt="{}">', address, text) if address else escape(text)


def _link_open(renderer: RendererHTML, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    """In a window of its own, so that nobody loses their place; other schemes lead nowhere."""
    to = str(tokens[place].attrs["href"])
    if not _LINKED.match(to):
        return "<a>"
    return format_html('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">', to)
