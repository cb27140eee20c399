"""What is stored about one person: taken along, and forgotten. 1.15 (12)."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from inference.models import Sample
from studies import tasks
from studies.errors import VotingError
from studies.models import (
    Ballot,
    Observation,
    Participant,
    QuestionnaireAnswers,
    RecruiterIdentity,
    Source,
    Study,
    Trial,
)
from studies.services import enrolment, tallies, voting
from studies.services.people import invitations, privacy, recruiting
from studies.services.people.recruiting import Door
from studies.services.trials import observing
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def study() -> Study:
    return factories.open_study_with_pool(items=2, name="Old digits", seed=4_242_424_242)


def recruited(study: Study, pid: str = "5f1a") -> Participant:
    person, _ = enrolment.enrol(study, door=Door(Source.PROLIFIC, pid, {"SESSION_ID": "x9"}))
    return person


def invited(study: Study) -> Participant:
    (link,) = invitations.make(study, 1, note="Grace Hopper")
    return enrolment.enrol(study, door=recruiting.personal_door(link))[0]


def close(study: Study, days_ago: int) -> None:
    Study.objects.filter(pk=study.pk).update(state="closed", closed_at=timezone.now() - timedelta(days=days_ago))


def written(document: dict[str, Any]) -> str:
    return json.dumps(document, default=str)


def test_everything_about_a_person_is_in_the_document(study: Study) -> None:
    person = recruited(study)
    factories.vote(person.trials.get(number=1), [0, 3])
    Observation.objects.update_or_create(trial=person.trials.get(number=1), defaults={"picking_ms": 4321})
    person.viewing_checks.create(measured={"ratio": 1.25}, failed=["zoom"])
    QuestionnaireAnswers.objects.create(participant=person, values={"age": "30-39"})
    found = privacy.export(person)
    assert found["study"] == "Old digits"
    assert found["participant"]["source"] == "prolific"
    assert found["consent"]["text"] == "I agree to take part."
    assert found["recruiter"]["external_id"] == "5f1a"
    assert found["recruiter"]["references"] == {"SESSION_ID": "x9"}
    assert found["viewing_checks"][0]["measured"] == {"ratio": 1.25}
    assert found["questions_at_the_end"]["values"] == {"age": "30-39"}
    first, second = found["images"]
    picks = list(Ballot.objects.get().picks.values_list("position", flat=True))
    assert (first["label"], first["answer"]["picks"]) == ("5", picks)
    assert first["observed"]["picking_ms"] == 4321
    assert second["answer"] is None


def test_what_is_not_the_participants_to_know_is_not_in_their_document(study: Study) -> None:
    """1.15 (10): seeds, samples, pseudonym, other people; the note to a link is for the researcher."""
    person = invited(study)
    factories.vote(person.trials.get(number=1), [0, 3])
    text = written(privacy.export(person))
    secrets = [person.code, person.token_sha256, str(person.seed), str(study.seed), "Grace Hopper", "ldm"]
    secrets += Sample.objects.values_list("sha256", flat=True)
    assert not [secret for secret in secrets if secret in text]
    for_researcher = written(privacy.export(person, for_researcher=True))
    assert person.code in for_researcher
    assert "Grace Hopper" in for_researcher


def test_more_images_are_no_more_queries(study: Study, django_assert_num_queries: Any) -> None:
    person = recruited(study)
    with django_assert_num_queries(8):
        privacy.export(Participant.objects.select_related("study").get(pk=person.pk))


def test_an_identity_is_erased_and_the_answers_stay(study: Study) -> None:
    """1.15 (12): the recruiter's id is a table of its own, with its own erase."""
    person = recruited(study)
    factories.vote(person.trials.get(number=1), [0, 3])
    item = person.trials.get(number=1).item
    before = tallies.tally(item).votes.tolist()
    assert privacy.erase_identity(person)
    assert not RecruiterIdentity.objects.exists()
    assert tallies.tally(item).votes.tolist() == before
    assert not privacy.erase_identity(person)
    assert "5f1a" not in written(privacy.export(person, for_researcher=True))


def test_a_personal_link_is_cut_from_its_person_and_opens_nothing(study: Study) -> None:
    person = invited(study)
    assert privacy.erase_identity(person)
    link = study.invitations.get()
    assert (link.participant, link.note) == (None, "")
    assert invitations.state(link) == invitations.State.REVOKED


def test_erasing_one_touches_nobody_else(study: Study) -> None:
    recruited(study, "one")
    privacy.erase_identity(recruited(study, "two"))
    assert RecruiterIdentity.objects.get().external_id == "one"


def test_after_so_many_days_closed_studies_forget(study: Study) -> None:
    open_one, fresh = factories.open_study_with_pool(), factories.open_study_with_pool()
    recruited(study)
    invited(study)
    for other in (open_one, fresh):
        recruited(other)
    unused = invitations.make(study, 1)[0]
    close(study, 91)
    close(fresh, 89)
    assert tasks.erase_identities() == 2
    assert set(RecruiterIdentity.objects.values_list("study", flat=True)) == {open_one.pk, fresh.pk}
    unused.refresh_from_db()
    assert unused.revoked_at is None
    assert tasks.erase_identities() == 0


def test_the_command_says_how_many(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    recruited(study)
    close(study, 8)
    call_command("erase_identities")
    assert capsys.readouterr().out == "0 identities were erased.\n"
    call_command("erase_identities", "--days", "7")
    assert capsys.readouterr().out == "1 identity was erased.\n"
    with pytest.raises(CommandError, match="--days"):
        call_command("erase_identities", "--days", "-1")


def test_withdrawing_keeps_the_id_so_that_nobody_comes_in_twice(study: Study) -> None:
    person = recruited(study)
    enrolment.withdraw(person)
    assert recruited(study) == person


def test_all_that_somebody_said_is_deleted_once_they_have_withdrawn(study: Study) -> None:
    person, other = recruited(study), recruited(study, "other")
    for one in (person, other):
        factories.vote(one.trials.get(number=1), [0, 3])
        Observation.objects.update_or_create(trial=one.trials.get(number=1), defaults={"picking_ms": 4321})
        one.viewing_checks.create(measured={}, failed=[])
        QuestionnaireAnswers.objects.create(participant=one, values={"age": "30-39"})
    with pytest.raises(VotingError, match="Withdraw first"):
        privacy.erase_answers(person)
    enrolment.withdraw(person)
    assert privacy.has_answers(person)
    privacy.erase_answers(person)
    privacy.erase_answers(person)
    assert not privacy.has_answers(person)
    left = privacy.export(person)
    assert (left["viewing_checks"], left["questions_at_the_end"]) == ([], None)
    assert [(image["answer"], image["observed"], image["label"]) for image in left["images"]] == 2 * [(None, None, "")]
    assert left["recruiter"] is not None  # to be erased on its own, see erase_identity
    assert privacy.has_answers(other)
    assert sum(tallies.tally(item).ballots for item in study.items.all()) == 1


def test_no_answer_comes_in_behind_a_withdrawal(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody leaves, and has all deleted, after an answer was checked and before it is stored."""
    person = recruited(study)
    trial = voting.give_label(person.trials.get(number=1), "5")
    read = observing.read

    def leaving(*args: Any) -> Any:
        enrolment.withdraw(person)
        privacy.erase_answers(person)
        return read(*args)

    monkeypatch.setattr(observing, "read", leaving)
    for answer in (
        lambda: voting.save_draft(trial, [0]),
        lambda: voting.cast(trial, submission_id=uuid.uuid4(), label="5", positions=[0]),
    ):
        Participant.objects.update(withdrawn_at=None)
        Trial.objects.filter(pk=trial.pk).update(label="5")
        with pytest.raises(VotingError, match="You have left"):
            answer()
    assert not Ballot.objects.exists()
