"""The catalogues: complete, exact about what is filled in, compiled, and nothing that participants read left out."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

from studies.views.participant.sentences import sentences
from tests.messages import PROJECT, in_sources, participant_templates, untranslated

#: Locale folders; English is what the sources say.
LOCALES = {"de": 2, "fr": 2, "es": 3, "tr": 2, "zh_Hans": 1}
#: Names, which are the same everywhere, and blocks that name classes.
NO_WORDS = {"TrustSR", "· TrustSR", "– TrustSR", "page-narrow", "participant"}
FILLED_IN = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")

REFUSALS = ("VotingError", "ConsentError", "FullError", "BusyError")
#: Said by errors.js, from the attributes of the page's own message region.
ERRORS = {"offline", "failed", "gone"}


def folder(locale: str) -> Path:
    return PROJECT / "locale" / locale / "LC_MESSAGES"


def catalogue(locale: str) -> polib.POFile:
    return polib.pofile(str(folder(locale) / "django.po"))


def test_there_is_a_catalogue_for_each_language_offered() -> None:
    found = {path.name.lower().replace("_", "-") for path in (PROJECT / "locale").iterdir()}
    assert found == {code for code, _ in settings.LANGUAGES} - {"en"}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_of_the_sources_is_translated(locale: str) -> None:
    """After adding or changing one: make messages, then translate."""
    known = {entry.msgid: entry for entry in catalogue(locale) if not entry.obsolete}
    assert set(in_sources()) ^ set(known) == set()
    assert [message for message, plurals in in_sources().items() if plurals - {known[message].msgid_plural}] == []
    assert [entry.msgid for entry in known.values() if not entry.translated() or entry.fuzzy] == []
    assert [entry.msgid for entry in known.values() if any(not text.strip() for text in forms(entry))] == []


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_filled_in_stays(locale: str) -> None:
    for entry in catalogue(locale):
        wanted = sorted(FILLED_IN.findall(entry.msgid_plural or entry.msgid))
        for text in forms(entry):
            found = sorted(FILLED_IN.findall(text))
            # "the one" may stand for the number 1.
            assert found == wanted or (entry.msgid_plural and text == entry.msgstr_plural[0]), (entry.msgid, text)
            assert set(found) <= set(wanted), (entry.msgid, text)


@pytest.mark.parametrize(("locale", "plurals"), LOCALES.items())
def test_plurals(locale: str, plurals: int) -> None:
    po = catalogue(locale)
    assert f"nplurals={plurals};" in po.metadata["Plural-Forms"]
    for entry in po:
        if entry.msgid_plural:
            assert len(entry.msgstr_plural) == plurals, entry.msgid
            if plurals == 1:  # one form says every number
                wanted = sorted(FILLED_IN.findall(entry.msgid_plural))
                assert sorted(FILLED_IN.findall(entry.msgstr_plural[0])) == wanted, entry.msgid


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("en", "About 1 minute.", "About 5 minutes."),
        ("de", "Etwa 1 Minute.", "Etwa 5 Minuten."),
        ("fr", "Environ 1 minute.", "Environ 5 minutes."),
        ("es", "Alrededor de 1 minuto.", "Alrededor de 5 minutos."),
        ("tr", "Yaklaşık 1 dakika.", "Yaklaşık 5 dakika."),
        ("zh-hans", "大约 1 分钟。", "大约 5 分钟。"),
    ],
)
def test_one_and_many(language: str, one: str, many: str) -> None:
    with translation.override(language):
        for number, said in ((1, one), (5, many)):
            text = translation.ngettext("About %(minutes)s minute.", "About %(minutes)s minutes.", number)
            assert text % {"minutes": number} == said


@pytest.mark.parametrize("locale", LOCALES)
def test_the_compiled_catalogue_is_that_of_the_text(locale: str) -> None:
    """There is no build step: .mo files are in the repository, made by make messages."""
    with (folder(locale) / "django.mo").open("rb") as file:
        compiled = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    compiled.pop("")
    wanted: dict[object, str] = {}
    for entry in catalogue(locale).translated_entries():
        plural = {(entry.msgid, number): text for number, text in entry.msgstr_plural.items()}
        wanted |= plural or {entry.msgid: entry.msgstr}
    assert compiled == wanted


@pytest.mark.parametrize("locale", LOCALES)
def test_sentences_end_as_in_english(locale: str) -> None:
    """A full stop, a colon, an ellipsis or none: pages put sentences side by side."""
    ends = {".": ".。", "?": "?？", ":": ":：", "…": "…"}
    for entry in catalogue(locale):
        last = (entry.msgid_plural or entry.msgid)[-1]
        for text in forms(entry):
            assert text[-1] in ends[last] if last in ends else text[-1] not in ".。:：…", (entry.msgid, text)
            assert (text[0], text[-1]).count(" ") == (entry.msgid[0], entry.msgid[-1]).count(" "), entry.msgid


@pytest.mark.parametrize("path", participant_templates(), ids=lambda path: path.name)
def test_templates_say_nothing_outside_of_translations(path: Path) -> None:
    assert [text for text in untranslated(path) if text not in NO_WORDS] == []


def test_scripts_and_their_sentences_know_each_other() -> None:
    """A script that asks for an unknown sentence would show its key."""
    scripts = "\n".join(path.read_text() for path in (PROJECT / "static" / "js").glob("*.js"))
    known = set(sentences())
    assert {key for key in known if f'"{key}"' not in scripts} == set()
    assert set(re.findall(r'(?<![.\w])say\("(\w+)"', scripts)) - known - ERRORS == set()


def literal(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_refusals_are_translated() -> None:
    """What services and views refuse is shown to participants as it is."""
    found = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in (PROJECT / "studies").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSALS
        if node.args and literal(node.args[0])
    ]
    assert found == []
