"""Results so far, in a file beside the final one, so that hours of drawing survive an interruption."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from inference.evaluation import EvaluationError
from inference.evaluation.measure import Record


class PartialResults:
    """One JSON line on what is evaluated, then one per sampler and image; a line cut short by a crash is dropped."""

    def __init__(self, path: Path, plan: dict[str, Any], *, resume: bool, code_version: str) -> None:
        """Begin, or go on with the results of the same plan; the version of the code is kept but not compared.

        Raises EvaluationError for results of another plan, and for any when ``resume`` is false.
        """
        self.path = path
        self.records: dict[tuple[str, str], Record] = {}
        self.code_version = code_version
        self.code_versions = [code_version]
        lines = self._read() if path.exists() else []
        if lines and not resume:
            raise EvaluationError(f"{path} holds results of an interrupted run: add --resume, or delete it.")
        if lines:
            self._take(lines, json.loads(json.dumps(plan)))
        else:
            self._append({"plan": plan, "code_version": code_version})

    def add(self, entry: str, record: Record) -> None:
        """Keep the record of one image, drawn by the sampler ``entry``."""
        self._append({"entry": entry, "record": record, "code_version": self.code_version})
        self.records[entry, record["name"]] = record

    def drop(self) -> None:
        """Delete the file, once the final one is written."""
        self.path.unlink()

    def _append(self, line: dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> list[dict[str, Any]]:
        whole, end, rest = self.path.read_text(encoding="utf-8").rpartition("\n")
        if rest:
            self.path.write_text(whole + end, encoding="utf-8")
        return [json.loads(line) for line in whole.splitlines()]

    def _take(self, lines: list[dict[str, Any]], plan: dict[str, Any]) -> None:
        head, *results = lines
        other = next((name for name in plan if head["plan"].get(name) != plan[name]), None)
        if other is not None:
            raise EvaluationError(f"{self.path} was made with other {other}: evaluate as before, or delete it.")
        self.code_versions = sorted({line["code_version"] for line in lines} | {self.code_version})
        self.records = {(line["entry"], line["record"]["name"]): line["record"] for line in results}
