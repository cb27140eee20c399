"""matplotlib's SVG made fit for a page: no styles that a strict policy blocks, no ids that meet another figure's."""

from __future__ import annotations

import re
from html import escape

_STYLE = re.compile(r' style="([^"]*)"')
#: The first is what the drawing is measured with; browsers take the next that they have.
FAMILY = "'DejaVu Sans', Verdana, Arial, sans-serif"
_NO_TURN = re.compile(r' transform="rotate\(-?0 [^)]*\)"')
_BLANKS = re.compile(r"\s*\n\s*")


def plain(svg: str, name: str, title: str) -> str:
    """The <svg> element alone, with a title for those who cannot see it.

    Styles become attributes. Ids begin with `name`, which is unique in a document; those that nothing refers to go.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", "", body, flags=re.S)
    body = re.sub(r"<defs>\s*</defs>", "", body)
    body = _STYLE.sub(lambda found: _attributes(found[1]), body)
    body = _NO_TURN.sub("", body)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body)
    body = re.sub(r'href="#|url\(#', lambda found: f"{found[0]}{name}-", body)
    head, rest = body.split(">", 1)
    label = f"<title>{escape(title)}</title>"
    root = f'{head} role="img" stroke-linejoin="round" font-family="{FAMILY}" class="drawing">{label}'
    return _BLANKS.sub(" ", root + rest).replace("> <", "><").strip() + "\n"


def _attributes(style: str) -> str:
    pairs = (entry.split(":", 1) for entry in style.split(";") if ":" in entry)
    found = {key.strip(): value.strip() for key, value in pairs}  # of two for the same, the later holds
    found.pop("font-family", None)  # the same for all, so that the root says it
    return "".join(f' {key}="{value}"' for key, value in found.items())
