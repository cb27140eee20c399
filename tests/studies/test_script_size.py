"""What participants have to load of our own scripts stays small: there is no build step that could make it so."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SCRIPTS, PAGES = PROJECT / "static" / "js", PROJECT / "templates"
MOST = 30_000


def participants_scripts() -> set[str]:
    """Modules that participants' pages name, and all that these import."""
    pages = [PAGES / "base.html", *(PAGES / "studies" / "participant").glob("*.html")]
    waiting = {name for page in pages for name in re.findall(r"js/(\w+\.js)", page.read_text(encoding="utf-8"))}
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        found.add(name)
        imported = re.findall(r'(?:from|import) "\./(\w+\.js)"', (SCRIPTS / name).read_text(encoding="utf-8"))
        waiting |= set(imported) - found
    return found


def test_participants_load_a_small_script() -> None:
    """As it travels: compressed, as `collectstatic` leaves it for production."""
    scripts = participants_scripts()
    assert {"participant.js", "voting.js", "errors.js"} <= scripts
    assert not {"researcher.js", "mixing.js"} & scripts
    travelling = {name: len(gzip.compress((SCRIPTS / name).read_bytes(), 9)) for name in sorted(scripts)}
    assert sum(travelling.values()) <= MOST, travelling


def test_nothing_is_loaded_that_no_page_uses() -> None:
    ours = {path.name for path in SCRIPTS.glob("*.js")}
    researchers = {
        name
        for page in (PAGES / "studies" / "researcher").glob("*.html")
        for name in re.findall(r"js/(\w+\.js)", page.read_text(encoding="utf-8"))
    }
    assert ours == participants_scripts() | researchers
