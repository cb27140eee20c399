"""What study.json says of the uploaded methods: their names, and what each made of which item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from studies.exports import layout
from studies.models import MethodImage, Study


def build(study: Study) -> list[dict[str, Any]]:
    """As they were added: name, images (item: its position, sha256, file_name, path). Two queries."""
    found: dict[int, dict[str, Any]] = {one.pk: {"name": one.name, "images": []} for one in study.methods.all()}
    number = {pk: number for number, pk in enumerate(found)}
    images = MethodImage.objects.filter(method__study=study).select_related("item").order_by("item__position", "method")
    for image in images:
        facts = {"item": image.item.position, "sha256": image.sha256, "file_name": image.file_name}
        path = layout.method(image.item.position, number[image.method_id])
        found[image.method_id]["images"].append({**facts, "path": path})
    return list(found.values())


def files(methods: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """(path in the export, sha256) of what the methods made."""
    for method in methods:
        for image in method["images"]:
            yield image["path"], image["sha256"]
