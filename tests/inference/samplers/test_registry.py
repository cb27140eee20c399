"""Names, settings and weights by name, without torch where none is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from safetensors.torch import save_file

from inference import samplers
from inference.core.weights import WeightsError, sha256_of
from inference.samplers.settings import SettingsError
from tests.inference.samplers.tiny import ldm_config, ldm_networks

ROOT = Path(__file__).parents[3]


@pytest.fixture
def stored(tmp_path) -> Path:
    """Weights of a tiny network: <tmp>/ldm/tiny.safetensors with config and sha256."""
    path = tmp_path / "ldm" / "tiny.safetensors"
    path.parent.mkdir()
    save_file({name: tensor.half() for name, tensor in ldm_networks().state_dict().items()}, path)
    path.with_suffix(".json").write_text(json.dumps({**ldm_config(), "sha256": sha256_of(path)}))
    return path


def rewrite(path: Path, **changes) -> None:
    config = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**config, **changes}))


def test_names_and_settings_need_no_torch():
    program = (
        "import sys; from inference import samplers; "
        "print(samplers.names(), [samplers.settings_class(name)() for name in samplers.names()]); "
        "sys.exit('torch' in sys.modules or 'diffusers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_load_by_path_and_by_name(stored):
    by_path = samplers.load("ldm", stored)
    by_name = samplers.load("ldm", "tiny", folders=[stored.parents[1]])
    assert by_path.weights_sha256 == by_name.weights_sha256 == sha256_of(stored)
    assert (by_path.scale, by_path.channels) == (4, 1)


def test_unknown_sampler():
    with pytest.raises(SettingsError, match="no sampler 'gan'"):
        samplers.load("gan", "digits")


def test_unknown_weights():
    with pytest.raises(WeightsError, match="no weights ldm/unheard"):
        samplers.load("ldm", "unheard")


def test_missing_file(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read"):
        samplers.load("ldm", tmp_path / "gone.safetensors")


def test_altered_weights_are_refused(stored):
    content = bytearray(stored.read_bytes())
    content[-1] ^= 1
    stored.write_bytes(content)
    with pytest.raises(WeightsError, match="sha256"):
        samplers.load("ldm", stored)


def test_weights_of_another_family_are_refused(stored):
    rewrite(stored, sampler="srdiff")
    with pytest.raises(WeightsError, match="made for the sampler 'srdiff'"):
        samplers.load("ldm", stored)


def test_keys_must_fit_exactly(stored):
    tensors = {name: tensor for name, tensor in ldm_networks().state_dict().items() if "conv_in" not in name}
    save_file(tensors, stored)
    rewrite(stored, sha256=sha256_of(stored))
    with pytest.raises(WeightsError, match="do not fit"):
        samplers.load("ldm", stored)


def test_a_config_without_an_entry_is_refused(stored):
    config = json.loads(stored.with_suffix(".json").read_text())
    del config["window"]
    stored.with_suffix(".json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match="'window'"):
        samplers.load("ldm", stored)


def test_other_packages_add_families_by_an_entry_point(monkeypatch):
    point = EntryPoint("ours", "inference.samplers:FAMILIES", samplers.GROUP)
    monkeypatch.setattr(samplers, "entry_points", lambda group: [point] if group == samplers.GROUP else [])
    samplers.families.cache_clear()
    assert samplers.names() == sorted([*samplers.FAMILIES, "ours"])
    monkeypatch.undo()
    samplers.families.cache_clear()


@pytest.mark.parametrize(("given", "kept"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_sleep_at_barriers_unless_told_otherwise(given, kept):
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    program = "import os; from inference import samplers; print(os.environ['OMP_WAIT_POLICY'])"
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment | ({"OMP_WAIT_POLICY": given} if given else {}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == kept
