"""Checkpoints of the real families, small and random but named and wrapped as they were published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from inference import samplers
from inference.core.weights import WeightsError
from inference.samplers.importing import importer, smoke
from inference.samplers.ldm import official as ldm
from tests.inference.samplers.ldm import official_networks as bsr_sr
from tests.inference.samplers.resshift import reference as resshift
from tests.inference.samplers.srdiff import reference as srdiff

Tensors = dict[str, torch.Tensor]


class Published(NamedTuple):
    """How a family's weights were published: what `torch.save` got, in which format, and a tensor to play with."""

    file: str
    tensors: Callable[[], Tensors]
    wrap: Callable[[Tensors], Any]
    zipped: bool
    key: str
    scale: int = 4
    two_files: bool = False


def first_stage() -> Any:
    return bsr_sr.randomise(bsr_sr.VQ(32, [1, 2, 2], 1, 16), seed=3)


def lightning() -> Tensors:
    unet = bsr_sr.randomise(bsr_sr.UNet(32, [1, 2], 1, [False, True]), seed=1)
    return bsr_sr.checkpoint(unet, first_stage(), averaged=True)


PUBLISHED = {
    "ldm": Published(
        "model.ckpt",
        lightning,
        lambda tensors: {"epoch": 1, "state_dict": tensors, "optimizer_states": []},
        True,
        "first_stage_model.decoder.conv_out.weight",
    ),
    "resshift": Published(
        "resshift_realsrx4_s15_v1.pth",
        lambda: resshift.random_tensors(resshift.Sizes()),
        lambda tensors: {f"module._orig_mod.{key}": value for key, value in tensors.items()},
        True,
        "out.2.bias",
        two_files=True,
    ),
    "srdiff": Published(
        "model_ckpt_steps_400000.ckpt",
        lambda: srdiff.random_tensors(srdiff.Sizes()),
        lambda tensors: {"state_dict": {"model": tensors}, "optimizer_states": [], "global_step": 400000},
        False,
        "denoise_fn.final_conv.1.weight",
    ),
    "srdiff x8": Published(
        "model_ckpt_steps_300000.ckpt",
        lambda: srdiff.random_tensors(srdiff.Sizes(scale=8, multipliers=(1, 2, 2, 4))),
        lambda tensors: {"state_dict": {"model": tensors}},
        False,
        "rrdb.conv_first.weight",
        scale=8,
    ),
}


@pytest.fixture
def bring(tmp_path: Path) -> Callable[..., importer.Imported]:
    """Save a family's tensors as published, and import them for a sampler."""

    def run(what: str, tensors: Tensors | None = None, sampler: str | None = None) -> importer.Imported:
        published, sampler = PUBLISHED[what], sampler or what.split()[0]
        content = published.wrap(published.tensors() if tensors is None else tensors)
        torch.save(content, tmp_path / published.file, _use_new_zipfile_serialization=published.zipped)
        second = None
        if any(each.two_files for name, each in PUBLISHED.items() if name == sampler):
            second = tmp_path / "autoencoder_vq_f4.pth"
            torch.save({"state_dict": first_stage().state_dict()}, second)
        return importer.import_checkpoint(
            sampler, tmp_path / published.file, tmp_path / "weights", "new", autoencoder=second, say=lambda _: None
        )

    return run


@pytest.mark.parametrize("what", PUBLISHED)
def test_a_published_checkpoint_becomes_weights_that_load(bring, what, monkeypatch):
    """All but the test picture, which random numbers cannot pass."""
    monkeypatch.setattr(smoke, "MARGIN", 1000)
    made = bring(what)
    sampler = samplers.load(made.config["sampler"], made.path)
    assert sampler.scale == PUBLISHED[what].scale
    assert sampler.channels == 3
    assert "http" in made.config["licence"]
    assert what != "resshift" or made.config["schedule"]["num_train_timesteps"] == 15  # by the name of its file
    assert all(value.dtype == torch.float32 for value in sampler.networks.parameters())


def test_random_numbers_do_not_pass_the_test_picture(bring, tmp_path):
    with pytest.raises(WeightsError, match="The test picture failed"):
        bring("srdiff")
    assert not [file for file in (tmp_path / "weights").rglob("*") if file.is_file()]


@pytest.mark.parametrize(
    ("what", "sampler"),
    [(what, name) for what in PUBLISHED for name in ("ldm", "resshift", "srdiff") if name != what.split()[0]],
)
def test_families_refuse_each_other(bring, what, sampler):
    with pytest.raises(WeightsError, match=f"{PUBLISHED[what].file} is no official checkpoint of '{sampler}'"):
        bring(what, sampler=sampler)


@pytest.mark.parametrize("what", PUBLISHED)
def test_a_tensor_too_many_is_named(bring, what):
    extra = {"lpips.lin0.weight": torch.ones(1)}
    with pytest.raises(WeightsError, match=r"lpips\.lin0\.weight"):
        bring(what, PUBLISHED[what].tensors() | extra)


@pytest.mark.parametrize("what", PUBLISHED)
def test_a_missing_tensor_is_refused(bring, what):
    tensors = PUBLISHED[what].tensors()
    del tensors[PUBLISHED[what].key]
    with pytest.raises(WeightsError, match=r"missing|lacks"):
        bring(what, tensors)


@pytest.mark.parametrize("what", PUBLISHED)
def test_a_number_that_is_not_finite_is_refused(bring, what):
    tensors = PUBLISHED[what].tensors()
    tensors[PUBLISHED[what].key].flatten()[0] = torch.nan
    with pytest.raises(WeightsError, match="not finite"):
        bring(what, tensors)


@pytest.mark.parametrize("what", PUBLISHED)
def test_another_shape_is_refused(bring, what):
    tensors = PUBLISHED[what].tensors()
    tensors[PUBLISHED[what].key] = torch.cat([tensors[PUBLISHED[what].key]] * 3)
    with pytest.raises(WeightsError, match=r"of another shape|No network .* has the sizes of this checkpoint"):
        bring(what, tensors)


def test_averages_are_looked_for_once(bring, monkeypatch):
    seen = []
    choose = ldm.choose
    monkeypatch.setattr(smoke, "MARGIN", 1000)
    monkeypatch.setattr(ldm, "choose", lambda tensors: seen.append(len(tensors)) or choose(tensors))
    bring("ldm")
    assert len(seen) == 1


def test_a_checkpoint_without_its_unet(bring):
    tensors = {key: value for key, value in lightning().items() if key.startswith("first_stage_model.")}
    with pytest.raises(WeightsError, match=r"There is no U-Net in it\."):
        bring("ldm", tensors)


def test_the_second_file_is_asked_for(tmp_path):
    with pytest.raises(WeightsError, match="two files: name the autoencoder's"):
        importer.import_checkpoint("resshift", tmp_path / "model.pth", tmp_path / "weights", "new")


def test_a_family_without_official_checkpoints(tmp_path):
    with pytest.raises(WeightsError, match="no official checkpoints of the sampler 'lddpm'"):
        importer.import_checkpoint("lddpm", tmp_path / "model.pth", tmp_path / "weights", "new")
