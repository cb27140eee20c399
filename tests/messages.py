"""Every sentence that participants may read, as found in the sources; and what a template says beside these."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.template.base import Node, Template, TextNode
from django.template.engine import Engine
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

PROJECT = Path(__file__).resolve().parent.parent
TEMPLATES = PROJECT / "templates"
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
#: Contexts would need another look here; parts of sentences cannot be translated.
NOT_USED = {"pgettext", "npgettext", "pgettext_lazy", "npgettext_lazy", "gettext_noop"}
TAG, CONSTANT = re.compile(r"<[^>]*>", re.S), re.compile(r"""[=:|, (]_\((["'])(.+?)\1\)""")
READ_OUT = re.compile(r'\b(?:aria-label|alt|title|placeholder)="([^"]*)"')
GAP = "\0"  # where a template puts something in


def participant_templates() -> list[Path]:
    """Those that a participant may be shown."""
    return sorted([*TEMPLATES.glob("*.html"), *(TEMPLATES / "studies" / "participant").rglob("*.html")])


def in_sources() -> dict[str, set[str]]:
    """Message ids, of plurals the singular by which gettext finds them -> their plurals, at most one each."""
    modules = [path for name in ("inference", "studies", "trustsr") for path in (PROJECT / name).rglob("*.py")]
    found: dict[str, set[str]] = {}
    for message, plural in (
        *(pair for path in modules for pair in in_python(path)),
        *(pair for path in TEMPLATES.rglob("*.html") for pair in in_template(path)),
    ):
        found.setdefault(message, set()).update({plural} - {""})
    return found


def in_python(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
            assert name not in NOT_USED, f"{path}:{node.lineno}: {name}"
            if name in CALLS:
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}: give gettext the sentence itself"
                second = node.args[1] if name.startswith("n") else None
                yield node.args[0].value, second.value if isinstance(second, ast.Constant) else ""


def in_template(path: Path) -> Iterator[tuple[str, str]]:
    for node in nodes(path):
        if isinstance(node, TranslateNode):
            yield node.filter_expression.var.literal.replace("%", "%%"), ""  # as Django looks it up
        elif isinstance(node, BlockTranslateNode):
            plural = node.render_token_list(node.plural)[0] if node.plural else ""
            yield node.render_token_list(node.singular)[0], plural
    yield from ((message, "") for _, message in CONSTANT.findall(path.read_text()))


def nodes(path: Path) -> list[Node]:
    """All nodes of one template in their order; what it includes is read by itself."""
    return Template(path.read_text(), engine=Engine.get_default()).nodelist.get_nodes_by_type(Node)


def untranslated(path: Path) -> list[str]:
    """What a template says outside of translations: text between tags, and attributes that are read out."""
    source = "".join(node.s if isinstance(node, TextNode) else GAP for node in nodes(path))
    said = [*TAG.sub(GAP, source).split(GAP), *(part for text in READ_OUT.findall(source) for part in text.split(GAP))]
    return [text.strip() for text in said if re.search(r"[^\W\d_]", text)]
