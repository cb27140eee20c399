"""GET studies/<pk>/export.zip: a download that streams, for those who may read the results."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.test import Client

from inference import store
from studies.exports.verify import verify
from studies.models import Role, Study, StudyMembership
from tests.studies import factories


def client(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def url(study: Study, query: str = "") -> str:
    return f"/studies/{study.pk}/export.zip{query}"


def test_owner_and_viewer_download_an_archive_that_verifies(study: Study, tmp_path: Path) -> None:
    viewer = factories.user()
    StudyMembership.objects.create(study=study, user=viewer, role=Role.VIEWER)
    for user in (study.memberships.get(role=Role.OWNER).user, viewer):
        answer = client(user).get(url(study))
        assert answer.status_code == 200
        assert answer.streaming
        assert answer["Content-Type"] == "application/zip"
        assert answer["Content-Disposition"] == f'attachment; filename="trustsr-funf-5-{study.pk}.zip"'
        (tmp_path / "a.zip").write_bytes(b"".join(answer))  # type: ignore[arg-type]
        assert verify(tmp_path / "a.zip") == []


def test_a_stranger_gets_404_and_a_visitor_the_sign_in(study: Study) -> None:
    assert client(factories.user()).get(url(study)).status_code == 404
    assert Client().get(url(study)).status_code == 302


@pytest.mark.parametrize(("query", "inside"), [("", False), ("?truth=1", True), ("?truth=0", False)])
def test_truth_is_inside_when_asked_for(study: Study, query: str, inside: bool) -> None:
    answer = client(study.memberships.get().user).get(url(study, query))
    names = zipfile.ZipFile(io.BytesIO(b"".join(answer))).namelist()  # type: ignore[arg-type]
    assert any("/truth/" in name for name in names) is inside


def test_a_missing_sample_is_named_before_anything_is_sent(study: Study) -> None:
    sample = study.items.all()[0].pool[0]
    Path(storages["default"].path(store.path_name(sample.sha256, "samples", ".png"))).unlink()
    answer = client(study.memberships.get().user).get(url(study), follow=True)
    assert answer["Content-Type"].startswith("text/html")
    assert sample.sha256 in answer.content.decode()
