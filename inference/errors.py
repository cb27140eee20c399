"""What inference refuses or fails at, each in one sentence that may be shown to a person."""

from __future__ import annotations


class RequestError(ValueError):
    """A request that cannot be carried out as asked: unknown names, settings out of range, images that do not fit."""


class GenerationError(Exception):
    """Why a job has failed for good: a new attempt would end the same way. The message goes onto its row."""
