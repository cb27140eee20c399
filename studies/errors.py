"""What may be refused, each in one clear sentence that says what is wrong and what to do."""

from __future__ import annotations


class StudyError(Exception):
    """A refusal that may be shown to a person. `status` is the HTTP status of the answer."""

    status = 400

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if status is not None:
            self.status = status


class IntakeError(StudyError):
    """An upload that was refused."""


class LifecycleError(StudyError):
    """A step that the study's protocol or state does not allow."""

    status = 409


class VotingError(StudyError):
    """A label, draft or ballot that was refused."""


class FullError(VotingError):
    """All places of a study are taken."""

    status = 403


class ConsentError(VotingError):
    """The consent text has changed since this participant agreed."""

    status = 409


class BusyError(VotingError):
    """Too many at once from one address. wait: seconds after which it may be tried again"""

    status = 429

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(message)
        self.wait = wait
