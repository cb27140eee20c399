"""A study with votes, ensembles and truth, as it is exported."""

from __future__ import annotations

from pathlib import Path

import pytest

from studies.exports import folder
from studies.models import Study
from studies.services.analysis import evaluation
from tests.studies import factories


def voted_study(*, items: int = 2, truth: bool = True, **fields: object) -> Study:
    """Two people who pick, one who picks nothing, and a simulated one; everything evaluated."""
    study = factories.open_study_with_pool(items=items, truth=truth, **fields)
    factories.vote_all(study, [4, 2, 9], label="5")
    factories.vote_all(study, [4, 7], label="6")
    factories.vote_all(study, [], label="cannot tell")
    factories.vote_all(study, [2, 4, 11], label="5", simulated=True)
    for requested in evaluation.request_all(study):
        evaluation.run(requested.pk)
    return study


@pytest.fixture
def study(db: None) -> Study:
    return voted_study(name="Fünf = 5?")


@pytest.fixture
def exported(study: Study, tmp_path: Path) -> Path:
    return folder.write(study, tmp_path / "export")
