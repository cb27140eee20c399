"""What is stored of participants gets out: trials, what was on screen, what happened, screens, answers, consent."""

from __future__ import annotations

import hashlib
import json
import shutil
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studies.exports import archive, events, exposures, folder, questionnaire, trials, viewing_checks
from studies.exports.verify import verify
from studies.models import Ballot, Item, Study
from studies.services import enrolment
from studies.services.analysis.exposures import SEEN_MS
from studies.services.ordering import candidate_ids, pages
from tests.studies import factories, rich
from tests.studies.exports.test_round_trip import table
from tests.studies.exports.test_verify import change_results, mend_manifest

pytestmark = pytest.mark.django_db
ITEMS = 4


@pytest.fixture
def study(db: None) -> Study:
    """Two people whose pages told what was on screen (one in German), one whose page did not, one who left."""
    made = rich.study(name="All there is")
    rich.take_part(made)
    rich.take_part(made, language="de", label="6")
    rich.take_part(made, observed=False)
    enrolment.withdraw(rich.take_part(made))
    factories.participant(made)
    return made


@pytest.fixture
def export(study: Study, tmp_path: Path) -> Path:
    return folder.write(study, tmp_path / "export")


def test_it_verifies(export: Path) -> None:
    assert verify(export) == []


def test_every_trial_has_a_row(study: Study, export: Path) -> None:
    rows = table(export / "trials.csv")
    assert Counter(row["participant"] for row in rows) == dict.fromkeys(
        study.participants.counted().values_list("code", flat=True), ITEMS + 1
    )
    kinds = Counter((row["kind"], row["repeat"]) for row in rows if row["cast_at"])
    assert kinds == {("main", "0"): 6, ("main", "1"): 3, ("practice", "0"): 3, ("attention", "0"): 3}
    assert sum(not row["cast_at"] for row in rows) == ITEMS + 1, "of one who has only agreed"


def test_a_trial_says_all_that_is_known_of_it(study: Study, export: Path) -> None:
    person = study.participants.order_by("pk")[0]
    rows = {
        (row["kind"], row["repeat"]): row for row in table(export / "trials.csv") if row["participant"] == person.code
    }
    trial = person.trials.get(item__kind="attention")
    row = rows["attention", "0"]
    pool = list(trial.item.pool.values_list("pk", flat=True))
    picked = [pool.index(candidate_ids(trial)[position]) for position in (0, 7)]
    expected = {
        "simulated": "false", "item": "3", "item_name": "attention", "number": str(trial.number), "label": "5",
        "expected_label": "6", "right": "false", "picks": ";".join(map(str, picked)), "confidence": "4",
        "label_ms": "1234", "picking_ms": "5678", "hidden_ms": "20", "focus_losses": "1", "pixel_ratio": "1.25",
        "ratio_changes": "2", "window_width": "1440", "window_height": "900", "pages_ms": "4100;350;100", "region": "",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert rows["practice", "0"]["right"] == "true"
    assert rows["main", "0"]["right"] == ""


def test_a_region_is_json(study: Study, tmp_path: Path) -> None:
    region = {"kind": "lasso", "points": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.1]]}
    Ballot.objects.update(region=region)
    rows = table(folder.write(study, tmp_path / "again") / "trials.csv")
    assert [json.loads(row["region"]) for row in rows if row["cast_at"]] == [region] * 15


def test_exposures_replay_order_from_seed_and_turn(study: Study, export: Path) -> None:
    """1.15 (2) and (3): where each sample stood, by the documented algorithm, and how long it was on screen."""
    people = {row["participant"]: row for row in table(export / "participants.csv")}
    seeds = json.loads((export / "results.json").read_text())["protocol"]
    rows = table(export / "exposures.csv")
    assert len(rows) == 2 * (ITEMS + 1) * 12
    for (code, item, repeat), own in grouped(rows):
        replayed = pages(
            12, page_size=seeds["page_size"], study_seed=seeds["seed"], seed=int(people[code]["order_seed"]),
            turn=int(people[code]["turn"]), position=item, repeat=repeat,
        )  # fmt: skip
        assert [(int(row["page"]), int(row["sample"])) for row in own] == [
            (page, sample) for page, samples in enumerate(replayed) for sample in samples
        ]
        assert [int(row["ms"]) for row in own] == [4000] * 5 + [300] * 5 + [100] * 2


def grouped(rows: list[dict[str, str]]) -> Iterator[tuple[tuple[str, int, int], list[dict[str, str]]]]:
    found: dict[tuple[str, int, int], list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault((row["participant"], int(row["item"]), int(row["repeat"])), []).append(row)
    yield from found.items()


def test_samples_have_exposures(export: Path) -> None:
    """1.15 (3): of three voters, two told what was on screen; a glance of 100 ms does not count."""
    seen = Counter[tuple[str, str]]()
    for row in table(export / "exposures.csv"):
        if int(row["item"]) < 2 and row["repeat"] == "0" and int(row["ms"]) >= SEEN_MS:
            seen[row["item"], row["sample"]] += 1
    for row in table(export / "samples.csv"):
        assert int(row["exposures"]) == seen[row["item"], row["sample"]] + 1
        assert float(row["rate"]) == int(row["votes"]) / int(row["exposures"])
    assert len({row["exposures"] for row in table(export / "samples.csv")}) > 1


def test_the_history_of_picks(export: Path) -> None:
    rows = table(export / "events.csv")
    assert len(rows) == 2 * (ITEMS + 1) * 4
    assert [(row["ms"], row["kind"], row["value"]) for row in rows[:4]] == [
        ("900", "pick", "3"), ("1500", "unpick", "3"), ("1700", "page", "1"), ("2000", "blur", "")
    ]  # fmt: skip


def test_screens_and_answers(export: Path) -> None:
    check = table(export / "viewing_checks.csv")[0]
    assert (check["passed"], check["failed"], check["zoom"]) == ("false", "no_zoom;brightness", "1.1")
    assert json.loads(check["measured"]) == rich.MEASURED
    answers = table(export / "questionnaire.csv")
    assert len(answers) == 6
    assert [(row["key"], row["value"]) for row in answers[:2]] == [("age", "44"), ("remarks", "'=2+2; nice")]


def test_consent_texts_as_they_were_read(study: Study, export: Path) -> None:
    rows = table(export / "consent_versions.csv")
    assert {row["language"] for row in rows} == {"en", "de"}
    for row in rows:
        text = (export / row["file"]).read_bytes()
        assert hashlib.sha256(text).hexdigest() == row["sha256"]
        assert row["file"] == f"consent/{row['sha256'][:8]}.{row['language']}.txt"
    assert "Ich mache mit." in {(export / row["file"]).read_text() for row in rows}
    agreed = {row["consent_sha256"] for row in table(export / "participants.csv")}
    assert agreed == {row["sha256"] for row in rows}


def test_a_consent_text_stays_when_the_study_says_something_else(study: Study, tmp_path: Path) -> None:
    """1.15 (12): what somebody agreed to is kept."""
    Study.objects.update(consent_text="Something new.")
    path = folder.write(study, tmp_path / "later")
    assert "I agree to take part." in {file.read_text() for file in (path / "consent").iterdir()}
    assert verify(path) == []


def test_participants_say_language_and_door(export: Path) -> None:
    rows = table(export / "participants.csv")
    assert [row["language"] for row in rows] == ["en", "de", "en", "en"]
    assert [row["source"] for row in rows] == ["prolific"] * 3 + ["link"]
    assert [bool(row["checked_at"] and row["introduced_at"]) for row in rows] == [True] * 3 + [False]
    assert [row["ballots"] for row in rows] == ["5"] * 3 + ["0"]


def test_who_they_are_elsewhere_never_leaves(study: Study, export: Path, client: Any) -> None:
    """1.15 (12): recruiters' ids are in no export, whatever its form, and in no answer of the API."""
    client.force_login(study.memberships.get().user)
    found = [path.read_bytes() for path in export.rglob("*") if path.is_file()]
    found += [b"".join(archive.stream(study, truth=True))]
    found += [client.get(f"/api/studies/{study.pk}/{name}/").content for name in ("results", "ballots")]
    assert all(found)
    for secret in (rich.EXTERNAL_ID, rich.SESSION, rich.NOTE):
        assert not any(secret.encode() in data for data in found)


def test_who_left_is_in_no_table(study: Study, export: Path) -> None:
    """1.15 (12)."""
    leaver = study.participants.exclude(withdrawn_at=None).get()
    for path in export.rglob("*"):
        assert not path.is_file() or leaver.code.encode() not in path.read_bytes(), path


def test_votes_are_first_answers_to_main_items_only(export: Path) -> None:
    assert {row["item"] for row in table(export / "ballots.csv")} == {"0", "1"}
    votes = {(row["participant"], row["item"]) for row in table(export / "ballots.csv")}
    assert len(votes) == 6


# What a forger could change, with all hashes mended.


def altered(export: Path, name: str, change: Callable[[list[dict[str, str]]], object]) -> list[str]:
    import csv

    rows = table(export / name)
    columns = list(rows[0])
    change(rows)
    with (export / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    mend_manifest(export)
    return verify(export)


def test_another_pick_is_found(export: Path) -> None:
    def pick(rows: list[dict[str, str]]) -> None:
        next(row for row in rows if row["kind"] == "main" and row["repeat"] == "0").update(picks="1;2")

    (found,) = altered(export, "trials.csv", pick)
    assert found.endswith("ballots.csv has another label or other picks.")


def test_a_missing_answer_is_found(export: Path) -> None:
    first = next(row for row in table(export / "trials.csv") if row["kind"] == "main" and row["repeat"] == "0")
    found = altered(export, "trials.csv", lambda rows: rows.remove(first))
    assert any("trials.csv has no answer of participant" in sentence for sentence in found)
    assert any("has 4 answers, participants.csv says 5." in sentence for sentence in found)


def test_an_answer_made_right_is_found(export: Path) -> None:
    found = altered(export, "trials.csv", lambda rows: [row.update(right="true") for row in rows if row["right"]])
    assert found
    assert all("does not follow from it" in sentence for sentence in found)


def test_a_trial_twice_is_found(export: Path) -> None:
    found = altered(export, "trials.csv", lambda rows: rows.append(rows[0]))
    assert any(sentence.endswith("twice.") for sentence in found)


@pytest.mark.parametrize("column", ["page", "position", "sample"])
def test_another_place_is_found(export: Path, column: str) -> None:
    found = altered(export, "exposures.csv", lambda rows: rows[3].update({column: rows[9][column]}))
    assert any(sentence.startswith("exposures.csv, participant ") for sentence in found)


def test_a_longer_look_is_found(export: Path) -> None:
    found = altered(export, "exposures.csv", lambda rows: [row.update(ms="9000") for row in rows])
    assert any("exposures: the samples give 3" in sentence for sentence in found)
    assert any("seconds: the samples give" in sentence for sentence in found)


def test_exposures_written_into_the_results_are_found(export: Path) -> None:
    change_results(export, lambda results: results["items"][0]["samples"][4].update(exposures=30))
    assert any(sentence.startswith("Item 0, sample 4, exposures: ") for sentence in verify(export))


def test_a_record_that_was_taken_away_is_found(export: Path) -> None:
    first = table(export / "exposures.csv")[0]

    def drop(rows: list[dict[str, str]]) -> None:
        rows[:] = [row for row in rows if row["participant"] != first["participant"]]

    assert "Item 0: 1 ballots have a record of the screen, results.json says 2." in altered(
        export, "exposures.csv", drop
    )


@pytest.mark.parametrize("name", ["trials.csv", "events.csv", "viewing_checks.csv", "questionnaire.csv"])
def test_a_stranger_in_a_table_is_found(export: Path, name: str) -> None:
    found = altered(export, name, lambda rows: rows[0].update(participant="nobody"))
    assert f"{name} has rows of nobody, who is not in participants.csv." in found


def test_another_consent_text_is_found(export: Path) -> None:
    path = next((export / "consent").glob("*.de.txt"))
    path.write_text("Ich mache alles mit.")
    mend_manifest(export)
    assert verify(export) == [f"consent/{path.name} is not the text that its sha256 names."]


def test_a_consent_that_nobody_stored_is_found(export: Path) -> None:
    found = altered(export, "participants.csv", lambda rows: rows[0].update(consent_sha256="0" * 64))
    assert any("is not in consent_versions.csv" in sentence for sentence in found)


@pytest.mark.parametrize(
    "change", [{"question": "Which?"}, {"page_size": 40}, {"repeats": 0}, {"seed": 8}, {"max_picks": 4}], ids=str
)
def test_another_protocol_is_found(export: Path, change: dict[str, Any]) -> None:
    change_results(export, lambda results: results["protocol"].update(change))
    assert any(sentence.startswith("The protocol has the sha256 ") for sentence in verify(export))


def test_an_export_from_before_these_tables_verifies(export: Path, tmp_path: Path) -> None:
    """As the release before wrote it: no tables, no exposures, no parts of the protocol that came later."""
    old = shutil.copytree(export, tmp_path / "old")
    for name in ("trials", "exposures", "events", "viewing_checks", "questionnaire", "consent_versions"):
        (old / f"{name}.csv").unlink()
    for name in ("study.json", "results.schema.json"):
        (old / name).unlink()
    shutil.rmtree(old / "consent")
    manifest = json.loads((old / "manifest.json").read_text())
    manifest["files"] = {name: entry for name, entry in manifest["files"].items() if (old / name).exists()}
    (old / "manifest.json").write_text(json.dumps(manifest))

    def forget(results: dict[str, Any]) -> None:
        results.pop("screens", None)
        for item in results["items"]:
            del item["observed_ballots"]
            for sample in item["samples"]:
                del sample["exposures"], sample["seconds"], sample["rate"]

    change_results(old, forget)
    found = verify(old)
    assert all(" family " in sentence or sentence.startswith("families.csv") for sentence in found), found


TABLES = [trials, exposures, events, viewing_checks, questionnaire]


@pytest.mark.parametrize("module", TABLES, ids=lambda module: module.FILE)
def test_tables_stream(study: Study, module: Any, django_assert_max_num_queries: Any) -> None:
    """A fixed number of queries, and no more memory for more participants than a few blocks of rows."""

    def peak() -> int:
        tracemalloc.start()
        for _ in module.rows(study):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    with django_assert_max_num_queries(2 + 2 * Item.objects.count()):
        peak()
    before, count = peak(), len(list(module.rows(study)))
    copies(study, 40)
    assert len(list(module.rows(study))) > 7 * count
    assert peak() < 3 * before + 500_000


def copies(study: Study, times: int) -> None:
    """More participants who did the same, as rows only."""
    from studies.models import Observation, Participant, QuestionnaireAnswers, Trial, ViewingCheck

    original = study.participants.order_by("pk")[0]
    for number in range(times):
        person = Participant.objects.create(
            study=study, token_sha256=f"{number:064d}", turn=100 + number, consent_sha256=original.consent_sha256
        )
        ViewingCheck.objects.create(participant=person, measured=rich.MEASURED)
        QuestionnaireAnswers.objects.create(participant=person, values={"age": 3})
        for trial in original.trials.all():
            own = Trial.objects.create(
                participant=person, item=trial.item, number=trial.number, repeat=trial.repeat, label="5"
            )
            rich.observe(own)
            assert isinstance(own.observation, Observation)
