"""GET: the owner and a viewer read, a stranger gets 404 as for a study that is not there."""

from __future__ import annotations

import pytest

from studies.models import Study
from tests.studies import factories
from tests.studies.api.conftest import People, client_of

PATHS = [
    "", "additions/", "items/", "ballots/", "results/", "progress/", "participants/", "live/", "analysis/", "evidence/",
    "report/",
]  # fmt: skip


def test_the_list_shows_the_studies_of_this_user_only(study: Study, people: People) -> None:
    answer = people.viewer.get("/api/studies/")
    assert answer.status_code == 200
    assert [entry["id"] for entry in answer.json()["results"]] == [study.pk]
    assert people.stranger.get("/api/studies/").json()["results"] == []


@pytest.mark.parametrize("path", PATHS)
def test_owner_and_viewer_read(path: str, study: Study, people: People) -> None:
    for client in (people.owner, people.viewer):
        assert client.get(f"/api/studies/{study.pk}/{path}").status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_gets_the_404_of_a_study_that_is_not_there(path: str, study: Study, people: People) -> None:
    forbidden = people.stranger.get(f"/api/studies/{study.pk}/{path}")
    unknown = people.stranger.get(f"/api/studies/{study.pk + 1000}/{path}")
    assert forbidden.status_code == unknown.status_code == 404
    assert forbidden.json() == unknown.json()


@pytest.mark.parametrize("path", PATHS)
def test_nobody_reads_without_signing_in(path: str, study: Study, people: People) -> None:
    assert people.anonymous.get(f"/api/studies/{study.pk}/{path}").status_code == 403
    assert people.anonymous.get("/api/studies/").status_code == 403


def test_a_study_tells_its_protocol_and_weights(study: Study, people: People) -> None:
    body = people.viewer.get(f"/api/studies/{study.pk}/").json()
    assert body["weights"] == "ldm/test1"
    assert body["weights_sha256"] == "ab" * 32
    assert (body["pool_size"], body["max_picks"], body["ensemble_size"]) == (12, 3, 3)
    assert body["labels"] == ["5", "6"]


def test_samples_of_an_item(study: Study, people: People) -> None:
    item = study.items.first()
    assert item is not None
    body = people.viewer.get(f"/api/studies/{study.pk}/items/{item.pk}/samples/").json()
    assert body["count"] == 12
    assert [sample["index"] for sample in body["results"]] == list(range(12))
    assert {len(sample["sha256"]) for sample in body["results"]} == {64}


def test_samples_say_what_drew_them(study: Study, people: People) -> None:
    item = study.items.first()
    assert item is not None
    parents = list(item.pool[:2])
    factories.more(item, 2, parents=parents)
    body = people.viewer.get(f"/api/studies/{study.pk}/items/{item.pk}/samples/").json()
    assert [sample["weights"] for sample in body["results"]] == ["ldm/test1"] * 14
    assert body["results"][0]["derivation"] == {}
    assert body["results"][12]["derivation"]["samples"] == [parent.sha256 for parent in parents]
    assert body["results"][12]["fault"] == ""


def test_results_count_the_votes_of_each_family(db: None) -> None:
    study = factories.mixed_study()
    factories.vote_all(study, [0, 12, 13])
    client = client_of(study.memberships.get().user)
    found = client.get(f"/api/studies/{study.pk}/results/").json()
    assert [(family["name"], family["votes"]) for family in found["families"]] == [
        ("ldm/test1", 1),
        ("srdiff/other", 2),
    ]
    assert found["items"][0]["families"] == found["families"]
    assert client.get(f"/api/studies/{study.pk}/").json()["additions"][0]["weights"] == "srdiff/other"


def test_an_item_of_another_study_is_not_found(study: Study, people: People) -> None:
    other = factories.open_study_with_pool(items=1).items.get()
    assert people.owner.get(f"/api/studies/{study.pk}/items/{other.pk}/samples/").status_code == 404


def test_ballots_show_pseudonyms_labels_and_picks(study: Study, people: People) -> None:
    person = factories.vote_all(study, [3, 1], label="6", simulated=True)
    body = people.viewer.get(f"/api/studies/{study.pk}/ballots/").json()
    assert body["count"] == 2
    ballot = body["results"][0]
    assert (ballot["participant"], ballot["simulated"], ballot["label"]) == (person.code, True, "6")
    assert [pick["rank"] for pick in ballot["picks"]] == [1, 2]
    assert "token" not in str(body)


def test_ballots_come_in_pages(study: Study, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.pagination.PageNumberPagination.page_size", 3)
    for _ in range(2):
        factories.vote_all(study, [0])
    first = people.viewer.get(f"/api/studies/{study.pk}/ballots/").json()
    second = people.viewer.get(first["next"]).json()
    assert (first["count"], len(first["results"]), len(second["results"])) == (4, 3, 1)
    assert second["next"] is None


def test_a_withdrawn_participants_ballots_are_gone(study: Study, people: People) -> None:
    from studies.services import enrolment

    enrolment.withdraw(factories.vote_all(study, [0]))
    assert people.viewer.get(f"/api/studies/{study.pk}/ballots/").json()["count"] == 0


def test_results_count_the_votes(study: Study, people: People) -> None:
    factories.vote_all(study, [4])
    factories.vote_all(study, [4, 2])
    item = people.viewer.get(f"/api/studies/{study.pk}/results/").json()["items"][0]
    assert [sample["votes"] for sample in item["samples"]] == [0, 0, 1, 0, 2, *[0] * 7]


def test_progress_tells_what_is_drawn(study: Study, people: People) -> None:
    body = people.viewer.get(f"/api/studies/{study.pk}/progress/").json()
    assert (body["done"], body["total"], body["running"]) == (24, 24, False)
    assert {item["state"] for item in body["items"]} == {"done"}
