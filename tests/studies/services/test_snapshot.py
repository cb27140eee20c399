"""Reading one state while others write."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from studies.models import Ballot
from studies.services.snapshot import snapshot
from tests.studies import factories


def in_another_connection(work: object) -> list[BaseException]:
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()
    return errors


@pytest.mark.django_db(transaction=True)
def test_a_ballot_is_cast_meanwhile_and_not_seen() -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [1])
    with snapshot():
        before = Ballot.objects.count()
        assert in_another_connection(lambda: factories.vote_all(study, [2])) == []
        assert Ballot.objects.count() == before == 1
    assert Ballot.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_writing_transactions_begin_as_before() -> None:
    with snapshot():
        Ballot.objects.count()
    factories.vote_all(factories.open_study_with_pool(), [1])
    assert Ballot.objects.count() == 1
