"""Public exports: nothing in them leads to a person, and what is left out is said."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from studies.exports import archive, folder, levels
from studies.exports.verify import verified, verify
from studies.models import Participant, Study, ViewingCheck
from studies.services import enrolment
from tests.studies import factories, rich
from tests.studies.exports.test_round_trip import table
from tests.studies.exports.test_verify import change_results

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(db: None) -> Study:
    """Three who vote, one in German, one who only agreed, one who left; a truth."""
    made = rich.study(name="All there is")
    for item in made.items.all():
        factories.add_truth(item, factories.pixels(32))
    for language in ("en", "de", "en"):
        rich.take_part(made, language=language)
    enrolment.withdraw(rich.take_part(made))
    factories.participant(made)
    return made


@pytest.fixture
def public(study: Study, tmp_path: Path) -> Path:
    return folder.write(study, tmp_path / "public", level="public", parquet=True)


def identifying(study: Study) -> dict[str, str]:
    """What may lead to a person, by what it is."""
    found = {"recruiter": rich.EXTERNAL_ID, "session": rich.SESSION, "note": rich.NOTE, "own words": "=2+2; nice"}
    found |= {f"owner {name}": name for name in User.objects.values_list("username", flat=True)}
    for person in study.participants.all():
        found |= {
            f"pseudonym {person.pk}": person.code,
            f"secret {person.pk}": person.token_sha256,
            f"seed {person.pk}": str(person.seed),
            f"time {person.pk}": person.consented_at.isoformat()[:19],
        }
    found |= {
        f"time of a ballot {trial.pk}": trial.ballot.cast_at.isoformat()[11:19]
        for trial in study.items.first().trials.exclude(ballot=None)
    }  # type: ignore[union-attr]
    found |= {"door": "prolific", "screen": '"screen_width"', "window": ",1440,"}
    return found | {"truth": study.items.first().truth.sha256}  # type: ignore[union-attr]


def test_nothing_that_leads_to_a_person_is_in_it(study: Study, public: Path) -> None:
    secrets = identifying(study)
    assert len(secrets) > 25
    for path in sorted(public.rglob("*")):
        if path.is_file() and path.suffix != ".parquet":
            data = path.read_bytes()
            assert [what for what, text in secrets.items() if text.encode() in data] == [], path


def test_nor_in_its_parquet_tables(study: Study, public: Path) -> None:
    import pyarrow.parquet as pq

    for path in public.glob("*.parquet"):
        text = str(pq.read_table(path).to_pydict())
        assert [what for what, secret in identifying(study).items() if secret in text] == [], path


def test_nor_in_the_zip(study: Study) -> None:
    data = b"".join(archive.stream(study, level="public"))
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        inside = b"".join(file.read(name) for name in file.namelist())
    assert [what for what, text in identifying(study).items() if text.encode() in inside] == []


def test_the_internal_export_has_them(study: Study, tmp_path: Path) -> None:
    """The test above looks for what really is there to be found."""
    path = folder.write(study, tmp_path / "internal", truth=True)
    data = b"".join(file.read_bytes() for file in path.rglob("*") if file.is_file())
    left = {what for what, text in identifying(study).items() if text.encode() not in data}
    leaver = study.participants.exclude(withdrawn_at=None).get().pk
    never = {"recruiter", "session", "note"} | {f"{what} {leaver}" for what in ("pseudonym", "seed", "time")}
    assert {what for what in left if not what.startswith(("secret", "owner"))} <= never


def test_its_columns_are_these_and_no_others(public: Path) -> None:
    """A column that is added has to be thought about: does it tell who somebody is, or the order in which they came?"""
    found = {path.name: path.read_text().splitlines()[0] for path in public.glob("*.csv")}
    assert {name for name in found if name.startswith(("e", "viewing"))} == set()
    assert found["participants.csv"] == (
        "participant,simulated,rates_only,consented_at,checked_at,introduced_at,failed_at,finished_at,ballots"
    )
    assert found["ballots.csv"] == (
        "participant,simulated,item,item_name,low_res_sha256,trial,started_at,labelled_at,label,cast_at,pick,sample,"
        "sample_sha256"
    )
    assert found["trials.csv"] == (
        "participant,simulated,kind,repeat,item,item_name,number,started_at,labelled_at,cast_at,feedback_seen_at,label,"
        "expected_label,right,picks,confidence,region,label_ms,picking_ms,hidden_ms,focus_losses,pages_ms"
    )
    assert found["questionnaire.csv"] == "participant,given_at,key,value"


def test_numbers_have_nothing_to_do_with_enrolment(db: None) -> None:
    """Of 40 people in the order of enrolment, the numbers are in another order; it is the same each time."""
    study = factories.open_study_with_pool()
    for _ in range(40):
        factories.participant(study)
    people = levels.numbers(study)
    in_order = [people[code] for code in study.participants.order_by("pk").values_list("code", flat=True)]
    assert sorted(in_order) == list(range(1, 41))
    rises = sum(one < other for one, other in itertools.pairwise(in_order))
    assert 8 < rises < 31, "of 39 pairs of neighbours about half rise; sorted orders have 0 or 39"
    assert levels.numbers(study) == people


def test_rows_stand_in_the_order_of_the_numbers(public: Path) -> None:
    for path in public.glob("*.csv"):
        rows = table(path)
        if rows and "participant" in rows[0]:
            numbers = [int(row["participant"]) for row in rows]
            assert numbers == sorted(numbers), path


def test_it_verifies_and_says_what_it_could_not_check(public: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(public) == []
    skipped = [verdict.check.name for verdict in verified(public) if verdict.skipped]
    assert len(skipped) >= 3
    call_command("verify_export", str(public))
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("skipped ")][:3] == [
        "skipped orders follow from the participants' seeds: a public export leaves out seeds, turns and positions",
        "skipped pages and places follow from the participants' seeds and turns: a public export leaves out seeds and "
        "turns",
        "skipped exposures follow from what was on screen: a public export leaves out what was on whose screen",
    ]


def test_a_changed_vote_is_found_in_it_too(public: Path) -> None:
    change_results(public, lambda results: results["items"][0]["samples"][1].update(votes=30))
    assert any("the ballots give" in sentence for sentence in verify(public))


def test_truth_is_inside_only_when_asked_for(study: Study, tmp_path: Path) -> None:
    path = folder.write(study, tmp_path / "with", level="public", truth=True)
    assert (path / "truth/000.png").exists()
    assert verify(path) == []


def test_times_are_days(public: Path) -> None:
    for path in [*public.glob("*.csv"), *public.glob("*.json")]:
        assert not re.search(r"\d\d\d\d-\d\d-\d\dT", path.read_text()), path


def test_numbers_and_choices_of_the_questionnaire_stay_and_own_words_go(public: Path) -> None:
    assert {row["key"] for row in table(public / "questionnaire.csv")} == {"age"}


def test_the_command_and_the_page_offer_it(study: Study, tmp_path: Path) -> None:
    call_command("export_study", str(study.pk), str(tmp_path / "a"), level="public", licence="CC-BY-4.0", verbosity=0)
    assert json.loads((tmp_path / "a" / "manifest.json").read_text())["level"] == "public"
    crate = json.loads((tmp_path / "a" / "ro-crate-metadata.json").read_text())
    root = next(entity for entity in crate["@graph"] if entity["@id"] == "./")
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    client = Client()
    client.force_login(study.memberships.get().user)
    page = client.get(f"/studies/{study.pk}/results/").content.decode()
    assert f"/studies/{study.pk}/export.zip?level=public" in page
    answer = client.get(f"/studies/{study.pk}/export.zip?level=public")
    assert answer["Content-Disposition"].endswith(f'-{study.pk}-public.zip"')
    (tmp_path / "a.zip").write_bytes(b"".join(answer))  # type: ignore[arg-type]
    assert verify(tmp_path / "a.zip") == []


def test_who_left_no_viewing_check_or_answer_is_no_hole(db: None, tmp_path: Path) -> None:
    study = factories.open_study_with_pool()
    factories.vote_all(study, [1])
    assert not ViewingCheck.objects.exists()
    path = folder.write(study, tmp_path / "export", level="public")
    assert list(csv.reader(io.StringIO((path / "questionnaire.csv").read_text()))) == [
        ["participant", "given_at", "key", "value"]
    ]
    assert Participant.objects.count() == 1
    assert verify(path) == []
