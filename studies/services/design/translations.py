"""A study's texts in further languages: what they must satisfy, and how they are stored until the first ballot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db import transaction
from django.db.models import F

from studies.errors import LifecycleError
from studies.models import CANNOT_TELL, Kind, RatingPhase, Study, StudyText
from studies.services.candidates import drawing
from studies.services.design import questionnaire, texts
from studies.services.design.protocol import MAX_LABEL_LENGTH, normal_label

FIELDS = (*texts.WORDS, "labels", "feedback")


def offered(study: Study) -> list[tuple[str, str]]:
    """Code and name of the languages that this study may be translated into: those that our pages speak."""
    return [(code, name) for code, name in settings.LANGUAGES if code != study.language]


def get(study: Study, language: str) -> StudyText:
    """What is stored, or empty texts that are not stored."""
    return study.texts.filter(language=language).first() or StudyText(study=study, language=language)


def stored(row: StudyText) -> dict[str, Any]:
    """All its texts, without feedback of images that are no practice any more."""
    practice = _practice(row.study) if row.feedback else set()
    feedback = {place: text for place, text in row.feedback.items() if place in practice}
    return {name: getattr(row, name) for name in FIELDS} | {"feedback": feedback}


def lacking(study: Study, translated: StudyText, phase: RatingPhase) -> list[str]:
    """Fields that the study and its rating phase fill and this translation leaves empty."""
    found = [name for name in texts.WORDS if getattr(study, name) and not getattr(translated, name)]
    unsaid = phase.instructions and not phase.translations.get(translated.language)
    return [*found, "rating_instructions"] if unsaid else found


def name(language: str) -> str:
    """Of a language, for researchers."""
    return LANG_INFO[language]["name"] if language in LANG_INFO else language


def save(study: Study, language: str, **fields: Any) -> StudyText:
    """Store these texts; the others stay as they are. A language of which nothing is left is not offered any more.

    Part of the protocol: answers that were begun but not yet given are cleared where something changes.
    Raises LifecycleError when the first ballot has frozen the protocol, and (400) naming everything that is wrong.
    """
    with transaction.atomic():
        _lock(study)
        current = get(study, language)
        before = stored(current)
        if problems := validate(study, language, before | fields):
            raise LifecycleError(" ".join(problems.values()), status=400)
        if before | fields != before:
            _store(current, before | fields)
            drawing.forget_answers(study)
    return current


def remove(study: Study, language: str) -> None:
    """Do not offer the study in this language any more. Raises LifecycleError once the protocol is frozen."""
    with transaction.atomic():
        _lock(study)
        study.texts.filter(language=language).delete()
        drawing.forget_answers(study)


def follow(study: Study, changed: Mapping[str, Any]) -> None:
    """Inside the transaction that changes the study: labels are translated by their place, so other ones are new."""
    if "labels" in changed:
        study.texts.update(labels=[])


def conflict(study: Study, changed: Mapping[str, Any]) -> str:
    """Why these new fields of the protocol do not go with the translations that there are; else empty."""
    language = changed.get("language")
    if language and study.texts.filter(language=language).exists():
        return f"There are {name(language)} texts beside the study's own: delete them first."
    return ""


def validate(study: Study, language: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with these texts, as field -> sentence; empty when nothing is."""
    found = {
        "language": "" if language in dict(offered(study)) else "This study cannot be translated into that language.",
        "question": "" if len(fields["question"]) <= 300 else "The question has at most 300 characters.",
        "labels": _labels(study, fields["labels"]),
        "questionnaire": _questionnaire(study, fields["questionnaire"]),
        "feedback": _feedback(study, fields["feedback"]),
    }
    return {name: sentence for name, sentence in found.items() if sentence}


def _labels(study: Study, labels: list[str]) -> str:
    if not labels:
        return ""
    normal = [normal_label(label) for label in labels]
    if len(labels) != len(study.labels):
        return f"Give {len(study.labels)} labels, in the order of the study's: there are {len(labels)}."
    if repeated := next((label for label, key in zip(labels, normal, strict=True) if normal.count(key) > 1), None):
        return f"The label “{repeated}” is there more than once (case and spaces do not count)."
    if normal_label(CANNOT_TELL) in normal:
        return f"“{CANNOT_TELL}” is always offered and translated: leave it out of the list."
    if "" in normal or max(map(len, labels)) > MAX_LABEL_LENGTH:
        return f"A label has 1 to {MAX_LABEL_LENGTH} characters."
    return ""


def _questionnaire(study: Study, translated: list[dict[str, Any]]) -> str:
    if not translated:
        return ""
    if sentence := questionnaire.problem(translated):
        return sentence
    if len(translated) != len(study.questionnaire):
        return f"Translate all {len(study.questionnaire)} questions: there are {len(translated)}."
    for own, other in zip(study.questionnaire, translated, strict=True):
        if _shape(own) != _shape(other):
            return f"Question “{own['key']}”: change its words only, not its name, kind, numbers or number of options."
    return ""


def _shape(question: dict[str, Any]) -> tuple[Any, ...]:
    return *(question[name] for name in ("key", "kind", "required", "low", "high")), len(question["options"])


def _feedback(study: Study, feedback: Mapping[str, str]) -> str:
    return "" if set(feedback) <= _practice(study) else "Feedback belongs to practice images of this study only."


def _practice(study: Study) -> set[str]:
    places = study.items.filter(kind=Kind.PRACTICE).values_list("position", flat=True)
    return {str(place) for place in places}


def _lock(study: Study) -> None:
    """One at a time, and never after the first ballot: the condition decides, not the row that was read."""
    if not Study.objects.filter(pk=study.pk, frozen_at=None).update(language=F("language")):
        raise LifecycleError("The first ballot has frozen this protocol: make a new study for other texts.")


def _store(row: StudyText, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    if any(getattr(row, name) for name in FIELDS):
        row.save()
    elif row.pk:
        row.delete()
