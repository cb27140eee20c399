"""Which text people agreed to, and who is asked again."""

from __future__ import annotations

import hashlib

import pytest

from studies.errors import ConsentError
from studies.models import ConsentVersion, Participant, Study
from studies.services import enrolment, lifecycle, voting
from studies.services.people import consent
from studies.services.simulated import simulation
from tests.studies import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def changed(study: Study, text: str = "I agree to more.") -> Participant:
    """Somebody who agreed before the text was changed, as a request would read the row."""
    person = factories.participant(study)
    lifecycle.update_protocol(study, consent_text=text)
    return Participant.objects.get(pk=person.pk)


def test_every_version_that_was_agreed_to_is_kept() -> None:
    study = factories.open_study_with_pool(consent_text="First.")
    person = changed(study, "Second.")
    newer = factories.participant(study)
    assert list(study.consent_versions.values_list("text", flat=True)) == ["First.", "Second."]
    assert (person.consent_sha256, newer.consent_sha256) == (sha256("First."), sha256("Second."))


def test_the_text_is_kept_in_the_language_it_was_read_in() -> None:
    study = factories.open_study_with_pool()
    study.texts.create(language="de", consent_text="Ich stimme zu.")
    study.texts.create(language="fr", question="Quel chiffre ?")
    german, french = (enrolment.enrol(study, language=language)[0] for language in ("de", "fr"))
    versions = {version.sha256: (version.language, version.text) for version in ConsentVersion.objects.all()}
    assert versions[german.consent_sha256] == ("de", "Ich stimme zu.")
    # Not translated: the person reads French, the text they agreed to is English.
    assert versions[french.consent_sha256] == ("en", "I agree to take part.")
    assert (german.language, french.language) == ("de", "fr")


def test_who_agreed_to_another_text_is_asked_again_before_going_on() -> None:
    study = factories.open_study_with_pool()
    person = changed(study)
    assert consent.due(person)
    with pytest.raises(ConsentError):
        voting.give_label(person.trials.get(), "5")
    consent.agree(person, "en", sha256("I agree to more."))
    assert not consent.due(Participant.objects.get())
    voting.give_label(person.trials.get(), "5")


def test_a_change_of_another_part_asks_nobody_again() -> None:
    study = factories.open_study_with_pool()
    person = factories.participant(study)
    lifecycle.update_protocol(study, question="Another question?")
    assert not consent.due(Participant.objects.get(pk=person.pk))


def test_a_change_of_language_asks_nobody_again() -> None:
    """The texts in all languages are one version: switching between them is not another consent."""
    study = factories.open_study_with_pool()
    study.texts.create(language="de", consent_text="Ich stimme zu.")
    person, _ = enrolment.enrol(study, language="de")
    enrolment.speak(person, "en")
    assert not consent.due(Participant.objects.get())
    study.texts.update(consent_text="Ich stimme allem zu.")
    assert consent.due(Participant.objects.get())


def test_what_changed_while_it_was_read_is_not_agreed_to() -> None:
    study = factories.open_study_with_pool(consent_text="First.")
    lifecycle.update_protocol(study, consent_text="Second.")
    with pytest.raises(ConsentError):
        enrolment.enrol(study, shown=sha256("First."))
    assert not study.participants.exists()
    enrolment.enrol(study, shown=sha256("Second."))
    assert study.participants.count() == 1


def test_simulated_participants_read_no_consent() -> None:
    study = factories.open_study_with_pool(labels=["cat", "dog"])
    person, _ = enrolment.enrol(study, simulated=True, seed=3)
    lifecycle.update_protocol(study, consent_text="Second.")
    assert not consent.due(Participant.objects.get(pk=person.pk))
    simulation.simulate(study, count=1, seed=1)
