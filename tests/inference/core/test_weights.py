"""Weights on disk: found by name, believed only with the right sha256."""

import hashlib
import json

import pytest

from inference.core import weights
from inference.core.weights import WeightsError, find, manifest, sha256_of, verify

# FIPS 180-2, appendix B.1: the digest of "abc".
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def folder(tmp_path):
    """A folder with weights ldm/tiny, whose bytes are "abc"."""
    (tmp_path / "ldm").mkdir()
    (tmp_path / "ldm" / "tiny.safetensors").write_bytes(b"abc")
    (tmp_path / "ldm" / "tiny.json").write_text('{"width": 8}')
    return tmp_path


@pytest.fixture
def shipped(folder, monkeypatch):
    monkeypatch.setattr(weights, "SHIPPED", folder)
    (folder / "manifest.json").write_text(json.dumps({"ldm/tiny": {"sha256": ABC, "bytes": 3}}))
    return folder


def test_sha256_is_that_of_the_bytes(folder):
    path = folder / "ldm" / "tiny.safetensors"
    assert sha256_of(path) == ABC
    verify(path, ABC.upper())


def test_a_wrong_hash_is_refused(folder):
    with pytest.raises(WeightsError, match="not the expected one"):
        verify(folder / "ldm" / "tiny.safetensors", hashlib.sha256(b"abd").hexdigest())


def test_a_missing_file_is_refused(folder):
    with pytest.raises(WeightsError, match="cannot be read"):
        verify(folder / "ldm" / "none.safetensors", ABC)


def test_shipped_weights_are_found_and_verified(shipped):
    found = find("ldm", "tiny")
    assert (found.sampler, found.name, found.config, found.sha256) == ("ldm", "tiny", {"width": 8}, ABC)
    assert found.path.read_bytes() == b"abc"


def test_altered_shipped_weights_are_refused(shipped):
    (shipped / "ldm" / "tiny.safetensors").write_bytes(b"abd")
    with pytest.raises(WeightsError, match="not the expected one"):
        find("ldm", "tiny")


def test_shipped_weights_outside_the_manifest_are_refused(shipped):
    (shipped / "manifest.json").unlink()
    with pytest.raises(WeightsError, match="not in the manifest"):
        find("ldm", "tiny")


def test_extra_folders_are_searched_and_their_json_believed(folder):
    assert find("ldm", "tiny", [folder / "empty", folder]).sha256 == ABC
    (folder / "ldm" / "tiny.json").write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(WeightsError, match="not the expected one"):
        find("ldm", "tiny", [folder])


def test_unknown_weights_are_refused(folder):
    with pytest.raises(WeightsError, match="no weights ldm/none"):
        find("ldm", "none", [folder])


@pytest.mark.parametrize("name", ["../tiny", "a/b", "", ".hidden", "tiny\n"])
def test_names_cannot_leave_the_folder(folder, name):
    with pytest.raises(WeightsError, match="not a name"):
        find("ldm", name, [folder])


@pytest.mark.parametrize(("text", "message"), [("{", "not valid JSON"), ("[]", "JSON object")])
def test_a_broken_config_is_refused(folder, text, message):
    (folder / "ldm" / "tiny.json").write_text(text)
    with pytest.raises(WeightsError, match=message):
        find("ldm", "tiny", [folder])


def test_a_missing_config_is_refused(folder):
    (folder / "ldm" / "tiny.json").unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        find("ldm", "tiny", [folder])


def test_manifest_of_a_folder(shipped, tmp_path):
    assert manifest(shipped)["ldm/tiny"] == {"sha256": ABC, "bytes": 3}
    assert manifest(tmp_path / "none") == {}
