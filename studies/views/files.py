"""Answers that a browser keeps as a file."""

from __future__ import annotations

import json

from django.http import HttpResponse


def as_file(document: dict[str, object], name: str) -> HttpResponse:
    """Plain values as a JSON file; times in ISO 8601."""
    content = json.dumps(document, ensure_ascii=False, indent=2, default=lambda moment: moment.isoformat())
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/json; charset=utf-8", headers=headers)
