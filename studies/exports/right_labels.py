"""The labels known to be right of images that are voted on: hidden like their truths, in an export only beside these.

Of practice and attention checks they are no secret: people are told, or judged by them.
"""

from __future__ import annotations

from typing import Any

from studies.models import Kind

HIDDEN = "not told: the right labels are in exports with truths"


def left_out(results: dict[str, Any], setting: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """results.json and study.json without them, and without the figures that give them away."""
    items = [item | {"expected_label": ""} if item["kind"] == Kind.MAIN else item for item in setting["items"]]
    return _without_figures(results), setting | {"items": items}


def _without_figures(results: dict[str, Any]) -> dict[str, Any]:
    naming = results["evidence"].get("naming")
    if not naming:
        return results
    told = naming | {"right": {"reason": HIDDEN, "items": [], "pooled": None}}
    return results | {"evidence": results["evidence"] | {"naming": told}}
