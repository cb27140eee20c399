"""Texts of researchers in Markdown, and their rules for screens in words, for templates."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from studies.models import Study
from studies.services.analysis import plan as plans
from studies.services.design import markdown
from studies.services.screens import viewing

register = template.Library()


@register.simple_tag
def written(study: Study, text: str, *, view: str = "studies:study-picture") -> SafeString:
    """The text as safe HTML; its pictures are the study's. One query, where it names any.

    view: where the pictures are, by the study's slug and their names; researchers have an address of their own
    """
    known = set(study.pictures.values_list("name", flat=True)) if markdown.pictures(text) else set()
    whose = study.slug if view == "studies:study-picture" else study.pk
    return markdown.render(text, lambda name: reverse(view, args=[whose, name]) if name in known else None)


@register.filter
def viewing_facts(study: Study) -> str:
    """The study's rules for screens, for its researchers: "window width 1024, no browser zoom; blocks"."""
    asked = viewing.rules(study)
    facts = [_fact(asked, item) for item in fields(asked) if item.name in asked.asked]
    return ", ".join(facts) + (f"; blocks after {asked.attempts} attempts" if asked.blocks else "; warns")


@register.filter
def plan_facts(study: Study) -> str:
    """The study's analysis plan: "attention checks right, at least 0.8; stops: at a number of participants, 30"."""
    plan = plans.of(study)
    words = {item.name: item.metadata for item in fields(plan)}
    facts = ", ".join(_fact(plan, item) for item in fields(plan) if item.name in plan.screens)
    stops = dict(words["stopping"]["choices"])[plan.stopping]
    latest = f", at most {plan.most_participants}" if plan.stopping else ""
    return "; ".join(filter(None, (facts, f"stops {stops}{latest}", f"{100 * plan.confidence:g} % intervals")))


def _fact(asked: viewing.Rules | plans.Plan, item: Field[Any]) -> str:
    label, value = item.metadata["label"].lower(), getattr(asked, item.name)
    return label if value is True else f"{label} {value:g}"
