"""The description of the API: complete, valid, and the one that is served."""

from __future__ import annotations

from pathlib import Path

from django.core.management import call_command


def test_the_schema_is_valid_without_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "schema.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    text = file.read_text()
    for path in ("/api/studies/{id}/results/", "/api/studies/{id}/items/{item}/samples/"):
        assert path in text or path.replace("{id}", "{pk}") in text
