"""The language picker, and in which language a piece of a study's own text stands."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from studies.models import Study
from studies.services.design import texts

register = template.Library()


@register.filter
def spoken(language: str) -> SafeString | str:
    """The attributes of an element whose text is in `language`; nothing where the page speaks it anyway."""
    if language == translation.get_language():
        return ""
    return format_html(' lang="{}" dir="{}"', language, "rtl" if _is_rtl(language) else "ltr")


@register.inclusion_tag("studies/participant/_languages.html", takes_context=True)
def language_picker(context: dict[str, Any]) -> dict[str, Any]:
    """Every language of the interface, and an honest word when the study itself does not speak the present one."""
    request: HttpRequest = context["request"]
    slug = request.resolver_match.kwargs["slug"] if request.resolver_match else ""
    return {
        "csrf_token": context.get("csrf_token"),
        "slug": slug,
        "offered": settings.LANGUAGES,
        "current": translation.get_language(),
        "here": _here(request, slug),
        "note": _note(context.get("study"), context.get("texts")),
    }


def _here(request: HttpRequest, slug: str) -> str:
    """This page; the answer to a POST stands at an address that only takes POST."""
    if request.method not in ("GET", "HEAD"):
        return reverse("studies:trial", args=[slug])
    query = request.GET.copy()
    query.pop("lang", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _note(study: Study | None, said: Any) -> str:
    """said: the study's texts, where the page has them already in its own language"""
    if study is None:
        return ""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if not isinstance(said, texts.Texts) or said.language not in (language, study.language):
        said = texts.of(study, language)
    missing = said.missing(language)
    if not missing:
        return ""
    whole = all(said.spoken[name] != language for name in texts.WORDS if getattr(said, name))
    sentence = (
        gettext("The researchers’ own texts are not available in this language. They are in: {language}.")
        if whole
        else gettext("Some of the researchers’ own texts are not available in this language. They are in: {language}.")
    )
    return sentence.format(language=_name(study.language))


def _name(language: str) -> str:
    """The name of a language, in the present one."""
    return translation.get_language_info(language)["name_translated"] if language in LANG_INFO else language


def _is_rtl(language: str) -> bool:
    return bool(LANG_INFO.get(language.split("-")[0], {}).get("bidi"))
