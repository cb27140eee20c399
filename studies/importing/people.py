"""Participants of an imported study with all they left: consent, checks, answers at the end; trials are in `votes`."""

from __future__ import annotations

import json
import secrets
from typing import Any

from studies.errors import StudyError
from studies.exports import consent, participants, questionnaire, viewing_checks
from studies.exports.bundle import Bundle
from studies.importing.reading import fitting, rows, sha256
from studies.models import ConsentVersion, Participant, QuestionnaireAnswers, Study, ViewingCheck
from studies.services.design.questionnaire import TEXT

_COPIED = (
    "simulated", "rates_only", "turn", "language", "source", "consent_sha256", "consented_at", "checked_at",
    "introduced_at", "failed_at", "finished_at",
)  # fmt: skip
#: No table of an export lists those who withdrew, so that nothing bears this number out.
MOST_WITHDRAWN = 10_000


def create(study: Study, bundle: Bundle, results: dict[str, Any]) -> dict[str, Participant]:
    """By pseudonym. Those who withdrew are a number in the results, and so many rows without anything here."""
    made = [_participant(study, row) for row in rows(bundle, participants.FILE, participants.COLUMNS)]
    withdrawn = [_withdrawn(study) for _ in range(_number_withdrawn(results))]
    _refuse_known(made)
    Participant.objects.bulk_create([*made, *withdrawn], batch_size=500)
    return {person.code: person for person in made}


def more(study: Study, bundle: Bundle, people: dict[str, Participant]) -> None:
    """Consent texts, viewing checks and answers at the end."""
    for row in rows(bundle, consent.FILE, consent.COLUMNS):
        text = bundle.read(row.pop("file")).decode()
        fitting(ConsentVersion(study=study, text=text, **row), consent.FILE).save()
    checks = (_check(row, people) for row in rows(bundle, viewing_checks.FILE, viewing_checks.COLUMNS))
    ViewingCheck.objects.bulk_create(checks, batch_size=500)
    QuestionnaireAnswers.objects.bulk_create(_answers(study, bundle, people), batch_size=500)


def _participant(study: Study, row: dict[str, Any]) -> Participant:
    """The secret of the cookie stays where the person is: nobody can go on here."""
    copied = {name: row[name] for name in _COPIED}
    seen = row["finished_at"] or row["consented_at"]
    person = Participant(
        study=study,
        code=row["participant"],
        seed=row["order_seed"],
        last_seen_at=seen,
        token_sha256=_nobodys(),
        **copied,
    )
    return fitting(person, f"{participants.FILE}, participant {row['participant']}")


def _number_withdrawn(results: dict[str, Any]) -> int:
    number = results["participants"]["withdrawn"]
    if type(number) is not int or not 0 <= number <= MOST_WITHDRAWN:
        raise StudyError(
            f"The number of people who withdrew, {str(number)[:20]}, is not one of 0 to {MOST_WITHDRAWN:,}."
        )
    return number


def _withdrawn(study: Study) -> Participant:
    return Participant(
        study=study, token_sha256=_nobodys(), consent_sha256=sha256(""), withdrawn_at=study.closed_at, language="en"
    )


def _nobodys() -> str:
    return sha256(secrets.token_hex())


def _refuse_known(made: list[Participant]) -> None:
    codes = [person.code for person in made]
    here = Participant.objects.filter(code__in=codes[:500]).select_related("study").first()
    if here is not None:
        raise StudyError(
            f"The people of this export are in the study “{here.study}” (number {here.study_id}) already: it is here.",
            status=409,
        )


def _check(row: dict[str, Any], people: dict[str, Participant]) -> ViewingCheck:
    check = ViewingCheck(
        participant=people[row["participant"]],
        measured=json.loads(row["measured"]),
        failed=row["failed"].split(";") if row["failed"] else [],
        made_at=row["made_at"],
    )
    return fitting(check, viewing_checks.FILE)


def _answers(study: Study, bundle: Bundle, people: dict[str, Participant]) -> list[QuestionnaireAnswers]:
    found: dict[str, QuestionnaireAnswers] = {}
    kinds = {question["key"]: question["kind"] for question in study.questionnaire}
    for row in rows(bundle, questionnaire.FILE, questionnaire.COLUMNS):
        person = row["participant"]
        if person not in found:
            found[person] = QuestionnaireAnswers(participant=people[person], given_at=row["given_at"])
        found[person].values[row["key"]] = _answer(row["value"], kinds.get(row["key"], TEXT))
    return [fitting(answers, questionnaire.FILE) for answers in found.values()]


def _answer(text: str, kind: str) -> Any:
    """Scales and numbers are whole numbers, all else is text."""
    return int(text) if kind in ("scale", "number") else text
