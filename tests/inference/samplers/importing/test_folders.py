"""Pipelines' folders: what is fetched of one on the hub, and which files the weights are said to be from."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from inference.core.weights import WeightsError, sha256_of
from inference.samplers.importing.conversion import convert
from inference.samplers.importing.folders import pipeline
from inference.samplers.importing.importer import _source
from inference.samplers.sd_x4.official import PARTS
from inference.samplers.sd_x4.prompt import empty_prompt
from tests.inference.samplers.sd_x4 import folder as tiny


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Path:
    """A hub with one pipeline, of which `snapshot_download` copies what it is asked for."""
    there, here = tiny.write(tmp_path / "hub"), tmp_path / "copy"

    def snapshot(name: str, *, allow_patterns: list[str]) -> str:
        assert name == "somebody/upscaler"
        for file in there.rglob("*.*"):
            inner = file.relative_to(there)
            if any(fnmatch(str(inner), pattern) for pattern in allow_patterns):
                (here / inner).parent.mkdir(parents=True, exist_ok=True)
                (here / inner).write_bytes(file.read_bytes())
        return str(here)

    monkeypatch.setenv("TRUSTSR_ALLOW_DOWNLOADS", "1")
    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    return there


def fetched() -> set[str]:
    copy = pipeline(Path("somebody/upscaler"), PARTS)
    return {str(file.relative_to(copy)) for file in copy.rglob("*.*") if file.suffix in (".safetensors", ".bin")}


VAE, UNET, TEXT = (
    *(f"{name}/diffusion_pytorch_model" for name in ("vae", "unet")),
    "text_encoder/model",
)


def test_of_two_files_with_the_same_weights_one_is_fetched(hub):
    for name in (VAE, UNET, "text_encoder/pytorch_model"):
        (hub / f"{name}.bin").write_bytes(b"the same again")
    assert fetched() == {f"{name}.safetensors" for name in (VAE, UNET, TEXT)}


def test_a_bin_file_is_fetched_where_there_is_no_other(hub):
    (hub / f"{VAE}.safetensors").unlink()
    for name in (VAE, UNET):
        (hub / f"{name}.bin").write_bytes(b"the same again")
    assert fetched() == {f"{VAE}.bin", f"{UNET}.safetensors", f"{TEXT}.safetensors"}


@pytest.mark.parametrize("both", [True, False], ids=["beside a text encoder", "alone"])
def test_a_stored_prompt_is_named_among_the_sources(tmp_path, both):
    folder = tiny.write(tmp_path / "upscaler")
    computed = empty_prompt(folder)
    save_file({"prompt": computed + 1}, folder / "empty_prompt.safetensors")
    if not both:
        (folder / f"{TEXT}.safetensors").unlink()
    converted = convert("sd_x4", folder)
    assert torch.equal(converted.tensors["prompt"], computed + 1)
    assert sorted(converted.files) == [f"upscaler/{name}.safetensors" for name in ("empty_prompt", UNET, VAE)]
    source = _source(converted.files, "https://example.org")
    assert f"upscaler/empty_prompt.safetensors, sha256 {sha256_of(folder / 'empty_prompt.safetensors')}" in source


def test_a_stored_prompt_that_is_cut_off(tmp_path):
    folder = tiny.write(tmp_path / "upscaler")
    (folder / "empty_prompt.safetensors").write_bytes(b"cut")
    with pytest.raises(WeightsError, match=r"empty_prompt\.safetensors is no safetensors file"):
        empty_prompt(folder)
