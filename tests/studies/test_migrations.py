"""What migrations do to rows that were there before."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from studies.services.opinions import rating_phase
from tests.studies import rated


@pytest.mark.both
@pytest.mark.django_db
def test_who_rates_in_a_phase_that_was_opened_before_there_were_parts_is_asked_for_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, later = rated.opened(rated.voted(items=1)), rated.phase(rated.voted(items=1))
    monkeypatch.setattr(rating_phase, "SESSION", 12)  # of two pictures
    migration = import_module("studies.migrations.0015_parts_of_ratings")
    migration.as_before(apps, SimpleNamespace(connection=connection))
    for phase, own in ((before, 5), (later, 2)):
        phase.refresh_from_db()
        assert rating_phase.design(phase).own == own
