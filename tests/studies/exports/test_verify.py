"""What is not as it was is named: by its hash, and where hashes were mended too, by what follows from it."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.core.images import encode_png, encode_tiff, read_image, to_uint8, to_uint16
from studies.exports import folder, layout
from studies.exports.verify import verified, verify

FILES = [
    "samples/000/0004.png",
    "low_res/001.png",
    "ensembles/000/ensemble.png",
    "ensembles/000/ensemble-16bit.png",
    "ensembles/001/ensemble.tiff",
    "ensembles/001/spread.tiff",
    "ballots.csv",
    "participants.csv",
    "results.json",
    "codebook.csv",
    "README.txt",
]


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that needs an export puts it: the tests here only read it, without a database."""
    return tmp_path_factory.mktemp("original") / "export"


@pytest.fixture
def exported(db: None, original: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of an export, to be harmed."""
    if not original.exists():
        folder.write(request.getfixturevalue("study"), original)
    return shutil.copytree(original, tmp_path / "export")


def mend_manifest(export: Path) -> None:
    """What a forger would do: the manifest fits again."""
    path = export / "manifest.json"
    manifest = json.loads(path.read_text())
    for name in manifest["files"]:
        data = (export / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    path.write_text(json.dumps(manifest))


def change_results(export: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = export / "results.json"
    results = json.loads(path.read_text())
    change(results)
    path.write_text(json.dumps(results))
    mend_manifest(export)


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_byte_is_named(exported: Path, name: str) -> None:
    path = exported / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert f"{name} has changed since the export." in verify(exported)


def test_a_missing_file_is_named(exported: Path) -> None:
    (exported / "samples/001/0003.png").unlink()
    assert "samples/001/0003.png is missing." in verify(exported)


def test_a_file_too_many_is_named(exported: Path) -> None:
    (exported / "samples/000/0099.png").write_bytes(b"x")
    assert verify(exported) == ["samples/000/0099.png does not belong to the export."]


def test_a_link_is_named_and_not_followed(exported: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.png"
    path = exported / "samples/000/0004.png"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    found = verify(exported)
    assert "samples/000/0004.png is a link, not a file." in found
    assert "samples/000/0004.png is missing." in found


def test_another_sample_under_the_same_name_is_named(exported: Path) -> None:
    path = exported / "samples/000/0004.png"
    pixels = to_uint8(read_image(path))
    pixels[0, 0, 0] ^= 1
    path.write_bytes(encode_png(pixels))
    mend_manifest(exported)
    found = verify(exported)
    assert "samples/000/0004.png is not the file that results.json names." in found
    assert "ensembles/000/ensemble.tiff is not what its members give." in found


def changed(name: str, path: Path) -> bytes:
    """The file with its least significant bits changed."""
    image = read_image(path)
    if name in ("tiff", "spread"):
        return encode_tiff(np.nextafter(image, np.float32(0.5)))
    return encode_png((to_uint8(image) if name == "png8" else to_uint16(image)) ^ 1)


@pytest.mark.parametrize("kind", ["png8", "png16", "tiff", "spread"])
def test_the_last_bits_of_an_ensemble_are_checked_even_when_all_hashes_were_mended(exported: Path, kind: str) -> None:
    name = layout.ensemble(0, kind)
    path = exported / name
    path.write_bytes(changed(kind, path))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    change_results(exported, lambda r: r["items"][0]["evaluation"]["ensemble"].update({f"{kind}_sha256": sha256}))
    told = ["variants.csv and results.json do not say the same."] if kind == "png8" else []
    assert verify(exported) == [f"{name} is not what its members give.", *told]


def test_an_eight_bit_file_in_place_of_the_sixteen_bit_one_is_found(exported: Path) -> None:
    folder = exported / "ensembles/000"
    (folder / "ensemble-16bit.png").write_bytes((folder / "ensemble.png").read_bytes())
    mend_manifest(exported)
    assert "ensembles/000/ensemble-16bit.png is not what its members give." in verify(exported)


def test_a_vote_taken_out_of_the_table_is_found(exported: Path) -> None:
    path = exported / "ballots.csv"
    lines = path.read_bytes().split(b"\r\n")
    victim = next(index for index, line in enumerate(lines) if line.split(b",")[2:3] == [b"0"] and b",11," in line)
    path.write_bytes(b"\r\n".join(lines[:victim] + lines[victim + 1 :]))
    mend_manifest(exported)
    found = verify(exported)
    assert found[0] == "Item 0, sample 11: the ballots give 0 votes, results.json says 1."
    assert found[-1].endswith("item 0, repeat 0: ballots.csv has another label or other picks.")


def test_the_same_participant_twice_is_one_vote(exported: Path) -> None:
    path = exported / "ballots.csv"
    lines = path.read_bytes().split(b"\r\n")
    path.write_bytes(b"\r\n".join([*lines[:2], lines[1], *lines[2:]]))
    mend_manifest(exported)
    assert verify(exported) == []


def test_a_changed_label_is_found(exported: Path) -> None:
    path = exported / "ballots.csv"
    path.write_bytes(path.read_bytes().replace(b",cannot tell,", b",5,", 1))
    mend_manifest(exported)
    assert any("the ballots give the labels" in sentence for sentence in verify(exported))


def test_a_position_that_was_never_shown_is_found(exported: Path) -> None:
    path = exported / "participants.csv"
    text = path.read_text()
    seed = text.splitlines()[1].split(",")[2]
    path.write_text(text.replace(seed, str(int(seed) ^ 1)), newline="")
    mend_manifest(exported)
    found = verify(exported)
    assert found
    assert all("was not shown at place" in sentence for sentence in found)


def test_votes_written_into_the_results_are_found(exported: Path) -> None:
    change_results(exported, lambda results: results["items"][1]["samples"][0].update(votes=30))
    found = verify(exported)
    assert "Item 1, sample 0: the ballots give 0 votes, results.json says 30." in found
    assert "Item 1: the votes give chosen [0, 4, 2], not [4, 2, 7]." in found


def test_another_selection_is_found(exported: Path) -> None:
    change_results(exported, lambda results: results["items"][0]["selection"].update(chosen=[4, 2, 9]))
    found = verify(exported)
    assert "Item 0: the votes give chosen [4, 2, 7], not [4, 2, 9]." in found
    assert any("not of the selection" in sentence for sentence in found)


def test_another_tie_rule_is_found(exported: Path) -> None:
    change_results(exported, lambda results: results["items"][0]["selection"].update(tie_rule="strict"))
    assert "Item 0: the tie rule is strict, not that of the analysis." in verify(exported)


def test_a_better_control_or_ensemble_is_found(exported: Path) -> None:
    def boast(results: dict[str, Any]) -> None:
        results["items"][0]["evaluation"]["figures"]["measures"]["lr_consistency"]["control"][7] -= 1
        results["items"][1]["evaluation"]["metrics"][0]["ensemble"] += 1

    change_results(exported, boast)
    found = verify(exported)
    assert "Item 0, measures, lr_consistency, control: the samples give other values than results.json says." in found
    assert any(sentence.startswith("Item 1, lr_consistency, ensemble: the samples give") for sentence in found)


def test_a_wider_interval_is_found(exported: Path) -> None:
    change_results(exported, lambda results: results["items"][0]["label_shares"][0]["share"].update(low=0.5))
    sentence, *others = verify(exported)
    assert others == [f"tables/labels.{form} and results.json do not say the same." for form in ("md", "tex", "csv")]
    assert sentence.startswith("Item 0, label_shares 0, share, low: ")
    assert sentence.endswith("results.json says 0.5.")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"items": 5}', b'{"items": [{}]}', b"\xff\xfe", b"[" * 100_000]
)
def test_results_of_any_shape_are_answered_in_words(exported: Path, content: bytes) -> None:
    (exported / "results.json").write_bytes(content)
    mend_manifest(exported)
    found = verify(exported)
    assert found
    assert all(isinstance(sentence, str) and sentence.endswith((".", ")")) for sentence in found)


@pytest.mark.parametrize("content", [b"{}", b"[]", b"nothing", b'{"files": []}', b'{"files": {"a": 1}}'])
def test_a_manifest_of_any_shape_is_answered_in_words(exported: Path, content: bytes) -> None:
    (exported / "manifest.json").write_bytes(content)
    assert verify(exported)


def test_no_export_at_all(tmp_path: Path) -> None:
    assert verify(tmp_path / "nothing") == [f"There is no folder or zip at {tmp_path / 'nothing'}."]
    (tmp_path / "text.zip").write_text("text")
    assert "is not a whole zip archive" in verify(tmp_path / "text.zip")[0]
    (tmp_path / "empty").mkdir()
    assert verify(tmp_path / "empty")[0] == "manifest.json is missing."


def zipped(export: Path, target: Path, extra: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(export.rglob("*")):
            if path.is_file():
                archive.write(path, f"study/{path.relative_to(export)}")
        for name, data in extra.items():
            archive.writestr(name, data)
    return target


def test_a_zip_that_leads_outside_is_named_and_writes_nothing(exported: Path, tmp_path: Path) -> None:
    extra = {"study/../../evil.txt": b"x", "study/ballots.csv": b"again"}
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zipped(exported, tmp_path / "a.zip", extra)
    before = sorted(tmp_path.rglob("*"))
    found = verify(path)
    assert any("leads outside" in sentence for sentence in found)
    assert "ballots.csv is there twice." in found
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_cut_short_is_refused(exported: Path, tmp_path: Path) -> None:
    path = zipped(exported, tmp_path / "a.zip", {})
    path.write_bytes(path.read_bytes()[:-100])
    assert "is not a whole zip archive" in verify(path)[0]


def test_a_damaged_member_of_a_zip_is_named(exported: Path, tmp_path: Path) -> None:
    path = zipped(exported, tmp_path / "a.zip", {})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo("study/samples/000/0004.png")
    data[info.header_offset + 30 + len(info.filename) + 20] ^= 0xFF
    path.write_bytes(data)
    assert "samples/000/0004.png has changed since the export." in verify(path)


@pytest.mark.parametrize("suffix", ["md", "tex", "csv"])
def test_a_table_for_papers_that_says_more_than_the_results_is_named(exported: Path, suffix: str) -> None:
    path = exported / f"tables/labels.{suffix}"
    text = path.read_text()
    assert "1 of 4" in text
    path.write_text(text.replace("1 of 4", "4 of 4"))
    mend_manifest(exported)
    assert verify(exported) == [f"tables/labels.{suffix} and results.json do not say the same."]


def test_evidence_that_is_not_there_is_told(exported: Path) -> None:
    """Whoever takes it out of an export takes nothing from the votes, but readers are to know."""
    untold = [told for verdict in verified(exported) for told in verdict.untold]
    assert [told for told in untold if told.startswith("evidence of") and "though there are votes" in told]
