"""What a study says, in the language of whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studies.models import RatingPhase, Study, StudyText

#: Fields of a study that may be had in further languages, beside the labels.
WORDS = ("question", "instructions", "introduction", "consent_text", "questionnaire")


@dataclass(frozen=True)
class Texts:
    """All that participants read that the researcher wrote. labels: shown -> as the study has them, and as stored.

    spoken: field -> the language that it stands in, which is the study's own where it is not translated
    """

    language: str
    question: str
    labels: tuple[tuple[str, str], ...]
    instructions: str
    introduction: str
    consent_text: str
    questionnaire: list[dict[str, Any]]
    feedback: dict[str, str]
    spoken: dict[str, str] = field(default_factory=dict)

    def missing(self, language: str) -> list[str]:
        """Fields that say something, but not in this language. Labels such as digits need no translation."""
        return [name for name in WORDS if getattr(self, name) and self.spoken[name] != language]


def languages(study: Study) -> list[str]:
    """Those the study can be taken in, its own first. One query."""
    return [study.language, *study.texts.exclude(language=study.language).values_list("language", flat=True)]


def of(study: Study, language: str) -> Texts:
    """The study's texts in this language; what is not translated stands in the study's own. At most one query."""
    other = study.texts.filter(language=language).first() if language != study.language else None
    row = other or StudyText()
    shown = row.labels if len(row.labels) == len(study.labels) else []
    return Texts(
        language=other.language if other else study.language,
        labels=tuple(zip(shown or study.labels, study.labels, strict=True)),
        feedback=row.feedback,
        spoken={name: language if getattr(row, name) else study.language for name in WORDS}
        | {"labels": language if shown else study.language},
        **{name: getattr(row, name) or getattr(study, name) for name in WORDS},
    )


def rating_instructions(phase: RatingPhase, language: str) -> tuple[str, str]:
    """What the rating phase says before its first picture, and the language that it stands in."""
    translated = phase.translations.get(language, "")
    return (translated, language) if translated else (phase.instructions, phase.study.language)
