"""What people agree to: the text as it is now, the versions that were agreed to, and who has to be asked again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from studies.errors import ConsentError
from studies.models import ConsentVersion, Participant, Study
from studies.services.design import texts


@dataclass(frozen=True)
class Consent:
    """A consent text, and the language it stands in."""

    text: str
    language: str

    @property
    def sha256(self) -> str:
        """Which version this is."""
        return _sha256(self.text)


def current(study: Study, language: str) -> Consent:
    """The text for a reader of this language; not translated, it stands in the study's own. At most one query."""
    said = texts.of(study, language)
    return Consent(said.consent_text, said.spoken["consent_text"])


def keep(study: Study, language: str, shown: str = "") -> ConsentVersion:
    """The version that is agreed to now, kept from the first time on.

    shown: sha256 of the text on the page where somebody agreed. Raises ConsentError when the text is another by now.
    """
    consent = current(study, language)
    if shown and shown != consent.sha256:
        raise ConsentError(changed())
    version, _made = study.consent_versions.get_or_create(
        sha256=consent.sha256, defaults={"language": consent.language, "text": consent.text}
    )
    return version


def due(participant: Participant) -> bool:
    """Whether they agreed to what the study does not say any more, in any language. No query for most."""
    study, agreed = participant.study, participant.consent_sha256
    if participant.simulated or agreed == _sha256(study.consent_text):
        return False
    return agreed not in {_sha256(text) for text in study.texts.values_list("consent_text", flat=True) if text}


def agree(participant: Participant, language: str, shown: str = "") -> None:
    """Somebody who takes part agrees to the text as it is now. Raises ConsentError as `keep` does."""
    with transaction.atomic():
        study = Study.objects.select_for_update().get(pk=participant.study_id)
        agreed = keep(study, language, shown).sha256
        Participant.objects.filter(pk=participant.pk).update(consent_sha256=agreed, consented_at=timezone.now())
    participant.consent_sha256 = agreed


def refuse_due(participant: Participant) -> None:
    """Raises ConsentError for somebody who has to be asked again."""
    if due(participant):
        raise ConsentError(changed())


def changed() -> str:
    return _("The information about this study has changed: please read it, and agree again if you want to go on.")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
