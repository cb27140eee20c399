"""questionnaire.csv: the answers at the end, one row per participant and question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from studies.exports.cells import Value
from studies.exports.tables import Column
from studies.models import QuestionnaireAnswers, Study
from studies.services.design.questionnaire import TEXT

FILE = "questionnaire.csv"

COLUMNS = (
    Column("participant", "text", "pseudonym of the participant, see participants.csv"),
    Column("given_at", "time", "when the answers were given", "ISO 8601, UTC"),
    Column("key", "text", "which question; its words are in results.json, protocol, questionnaire"),
    Column("value", "text", "the answer: an option as the study has it in its own language, a number or a text"),
)


def rows(study: Study, *, free_text: bool = True) -> Iterator[tuple[Value, ...]]:
    """Answers of participants who have not withdrawn, in the order of the study's questions.

    free_text: also what people wrote themselves, and answers to questions that the study does not ask any more
    """
    keys = [question.get("key", "") for question in study.questionnaire if free_text or question.get("kind") != TEXT]
    query = QuestionnaireAnswers.objects.filter(participant__study=study, participant__withdrawn_at=None)
    ordered = query.order_by("participant_id").values_list("participant__code", "given_at", "values")
    for code, given_at, values in ordered.iterator(chunk_size=1000):
        given = [key for key in values if free_text or key in keys]
        for key in sorted(given, key=lambda key: keys.index(key) if key in keys else len(keys)):
            yield code, given_at, key, _plain(values[key])


def _plain(value: Any) -> Value:
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
