"""A study with all that participants can meet and leave behind, for exports and crawls."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from studies.models import (
    Invitation,
    Item,
    Kind,
    Observation,
    Participant,
    QuestionnaireAnswers,
    RecruiterIdentity,
    Source,
    Study,
    StudyText,
    Trial,
    ViewingCheck,
)
from studies.services import enrolment, voting
from studies.services.ordering import candidate_ids
from tests.studies import factories

QUESTIONS = [
    {
        "key": "age", "kind": "number", "text": "How old are you?", "options": [], "required": False,
        "low": 18, "high": 120,
    },
    {"key": "remarks", "kind": "text", "text": "Anything else?", "options": [], "required": False, "low": None,
     "high": None},
]  # fmt: skip
EXTERNAL_ID, SESSION, NOTE = "5f3a9c-prolific-person", "session-77f0", "for Grandmother Ottilie"
MEASURED = {
    "window_width": 1400, "window_height": 800, "screen_width": 1440, "screen_height": 900, "pixel_ratio": 2,
    "zoom": 1.1, "dark": "3",
}  # fmt: skip


def study(**fields: Any) -> Study:
    """Two main items, one for practice and one attention check; pages of 5; one repetition; German texts too."""
    made = factories.open_study_with_pool(
        items=4,
        page_size=5,
        see_all_pages=False,  # so that answers without a record of the screen are taken
        repeats=1,
        ask_confidence=True,
        questionnaire=QUESTIONS,
        **fields,
    )
    Item.objects.filter(study=made, position=2).update(
        kind=Kind.PRACTICE, expected_label="5", feedback="It is a **5**.", name="practice"
    )
    Item.objects.filter(study=made, position=3).update(kind=Kind.ATTENTION, expected_label="6", name="attention")
    StudyText.objects.create(study=made, language="de", question="Welche Ziffer?", consent_text="Ich mache mit.")
    return made


def observe(trial: Trial, *, m: int = 12) -> Observation:
    """As a page leaves it: the first page long, the second short, the third hardly; two picks, one given back."""
    own, _ = Observation.objects.update_or_create(
        trial=trial,
        defaults={
            "exposure_ms": ([4000] * 5 + [300] * 5 + [100] * 20)[:m],
            "pages": [4100, 350, 100],
            "events": [[900, "pick", 3], [1500, "unpick", 3], [1700, "page", 1], [2000, "blur", None]],
            "label_ms": 1234, "picking_ms": 5678, "hidden_ms": 20, "focus_losses": 1, "pixel_ratio": 1.25,
            "ratio_changes": 2, "window_width": 1440, "window_height": 900,
        },
    )  # fmt: skip
    return own


def take_part(study: Study, *, language: str = "en", observed: bool = True, label: str = "5") -> Participant:
    """Somebody who answers everything: the first place always, confidence 4."""
    person, _ = enrolment.enrol(study, language=language)
    Participant.objects.filter(pk=person.pk).update(
        checked_at=timezone.now(), introduced_at=timezone.now(), source=Source.PROLIFIC
    )
    for trial in person.trials.order_by("number"):
        answer(voting.give_label(trial, label), observed=observed)
    person.trials.filter(item__kind=Kind.PRACTICE).update(feedback_seen_at=timezone.now())
    Participant.objects.filter(pk=person.pk).update(finished_at=timezone.now())
    ViewingCheck.objects.create(participant=person, measured=MEASURED, failed=["no_zoom", "brightness"])
    QuestionnaireAnswers.objects.create(participant=person, values={"remarks": "=2+2; nice", "age": 44})
    RecruiterIdentity.objects.create(
        study=study, participant=person, source=Source.PROLIFIC, external_id=f"{EXTERNAL_ID}{person.pk}",
        references={"SESSION_ID": SESSION},
    )  # fmt: skip
    Invitation.objects.create(study=study, number=study.invitations.count() + 1, note=NOTE, participant=person)
    person.refresh_from_db()
    return person


def answer(trial: Trial, *, observed: bool = True) -> None:
    if observed:
        observe(trial, m=len(candidate_ids(trial)))
    voting.cast(trial, submission_id=uuid.uuid4(), label=trial.label, positions=[0, 7], confidence=4)
