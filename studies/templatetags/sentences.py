"""The sentences of the participants' scripts, for the skeleton of their pages."""

from __future__ import annotations

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString

from studies.views.participant.sentences import sentences

register = template.Library()


@register.simple_tag
def script_sentences() -> SafeString:
    """A JSON block that texts.js reads; no script, so that the content security policy lets it be."""
    return json_script(sentences(), "sentences")
