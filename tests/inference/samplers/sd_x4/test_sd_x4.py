"""A latent upscaler from a folder that the test makes: like diffusers' loop, in windows, or refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from inference.core.weights import WeightsError, WeightsFile
from inference.samplers.device import computes_bfloat16
from inference.samplers.health import Health
from inference.samplers.importing.conversion import convert
from inference.samplers.importing.fitting import check_fit
from inference.samplers.sd_x4.official import convert_folder
from inference.samplers.sd_x4.prompt import empty_prompt, tokens
from inference.samplers.sd_x4.sampler import LatentUpscaler
from inference.samplers.sd_x4.settings import LatentUpscalerSettings as Settings
from inference.samplers.settings import SettingsError
from tests.inference.samplers.sd_x4 import folder as tiny

EXACT = {"precision": "float32", "steps": 4}


@pytest.fixture(autouse=True)
def only_finite_matters(monkeypatch) -> None:
    monkeypatch.setattr(Health, "fault", lambda self, picture: "" if np.isfinite(picture).all() else "not finite")


@pytest.fixture
def folder(tmp_path) -> Path:
    return tiny.write(tmp_path / "upscaler")


@pytest.fixture
def sampler(folder) -> LatentUpscaler:
    config, tensors = convert_folder(folder)
    networks = LatentUpscaler.build(config)
    networks.load_state_dict(tensors, strict=True)
    return LatentUpscaler(networks, config)


def image(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).random((height, width, 3), np.float32)


@torch.no_grad()
def loop(low: np.ndarray, seed: int, level: int, steps: int, eta: float, prompt: torch.Tensor) -> np.ndarray:
    """What `StableDiffusionUpscalePipeline` does with guidance 1: noise on the image, then latents, then steps."""
    (vae, unet), (scheduler, cascade) = tiny.networks(), tiny.schedulers()
    source = torch.Generator().manual_seed(seed)
    condition = torch.from_numpy(low * 2 - 1).permute(2, 0, 1)[None]
    levels = torch.tensor([level])
    condition = cascade.add_noise(condition, torch.randn(condition.shape, generator=source), levels)
    latents = torch.randn((1, 4, *low.shape[:2]), generator=source)
    scheduler.set_timesteps(steps)
    for step in scheduler.timesteps:
        both = torch.cat([latents, condition], dim=1)
        guess = unet(both, step, encoder_hidden_states=prompt, class_labels=levels).sample
        latents = scheduler.step(guess, step, latents, eta=eta, generator=source).prev_sample
    decoded = vae.decode(latents / vae.config.scaling_factor).sample
    return (decoded / 2 + 0.5).clamp(0, 1)[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize(("level", "eta"), [(20, 0.0), (0, 1.0), (350, 0.5)])
def test_it_draws_what_the_pipelines_loop_draws(sampler, folder, level, eta):
    low = image(8, 10)
    expected = loop(low, 7, level, 4, eta, empty_prompt(folder))
    drawn = sampler.sample(low, [7], Settings(**EXACT, noise_level=level, eta=eta))[0]
    assert np.abs(drawn - expected).max() <= 1e-5
    assert expected.std() > 0.01


def test_the_defaults_are_those_of_the_pipeline():
    """diffusers: noise_level 20 of at most 350, eta 0; guidance has no prompt to guide to."""
    settings = Settings()
    assert (settings.noise_level, settings.eta) == (20, 0.0)
    with pytest.raises(SettingsError, match="from 0 to 350"):
        Settings(noise_level=351)


def test_an_odd_image_is_mirrored_to_an_even_one_and_the_rest_cut_off(sampler):
    odd = image(7, 5)
    whole = sampler.sample(np.pad(odd, ((0, 1), (0, 1), (0, 0)), mode="symmetric"), [3], Settings(**EXACT))[0]
    context = sampler.prepare(odd, Settings(**EXACT))
    assert context.image.shape == (1, 3, 8, 6)
    drawn = sampler.sample(odd, [3], Settings(**EXACT))[0]
    assert np.array_equal(drawn, whole[:28, :20])


def test_large_images_are_drawn_in_joint_windows(sampler, monkeypatch):
    low = image(40, 24)
    whole = sampler.sample(low, [0], Settings(**EXACT))
    sampler.tile, sampler.overlap, seen = 16, 4, []
    for name, network in (("denoised", sampler.networks.predict), ("decoded", sampler.networks.decode)):

        def watched(*tensors, name=name, network=network):
            seen.append((name, *tensors[0].shape[2:]))
            return network(*tensors)

        monkeypatch.setattr(sampler.networks, {"denoised": "predict", "decoded": "decode"}[name], watched)
    parts = sampler.sample(low, [0], Settings(**EXACT))
    assert seen == [("denoised", 16, 16)] * 4 * 6 + [("decoded", 16, 16)] * 6
    assert np.corrcoef(whole.ravel(), parts.ravel())[0, 1] > 0.8


@pytest.mark.skipif(not computes_bfloat16(torch.device("cpu")), reason="the processor has no bfloat16")
def test_the_decoder_keeps_its_bits(sampler, monkeypatch):
    decode, low_precision = sampler.networks.decode, []
    monkeypatch.setattr(
        sampler.networks,
        "decode",
        lambda latents: low_precision.append(torch.is_autocast_enabled("cpu")) or decode(latents),
    )
    sampler.sample(image(8, 8), [0], Settings(steps=1))
    assert low_precision == [False]


def test_weights_that_were_stored_load_again(sampler, folder, tmp_path):
    converted = convert("sd_x4", folder)
    check_fit(converted.tensors, LatentUpscaler.build(converted.config))
    path = tmp_path / "own.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in converted.tensors.items()}, path)
    config = json.loads(json.dumps(converted.config))
    loaded = LatentUpscaler.load(WeightsFile("sd_x4", "own", path, config, ""), "cpu")
    low = image(8, 8)
    assert np.array_equal(loaded.sample(low, [1], Settings(**EXACT)), sampler.sample(low, [1], Settings(**EXACT)))
    assert sorted(name.rpartition("/")[0] for name in converted.files) == [
        f"upscaler/{part}" for part in ("text_encoder", "unet", "vae")
    ]


def test_the_empty_prompt_is_what_clip_makes_of_it(folder):
    """Numbers of transformers 5.23, `CLIPTextModel` with these weights and tokens."""
    assert tokens(folder / "tokenizer").tolist() == [[2, 3, 0, 0, 0]]
    embedding = empty_prompt(folder)
    assert embedding.shape == (1, 5, 8)
    assert embedding[0, 0, :4].tolist() == pytest.approx([0.7269, 1.8853, -1.0930, -4.4659], abs=1e-4)


def test_a_stored_prompt_stands_in_for_the_text_encoder(folder, sampler):
    embedding = empty_prompt(folder)
    save_file({"prompt": embedding}, folder / "empty_prompt.safetensors")
    (folder / "text_encoder" / "model.safetensors").unlink()
    _, tensors = convert_folder(folder)
    assert torch.equal(tensors["prompt"], embedding)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "text_encoder" / "model.safetensors").unlink(), "has no text_encoder"),
        (lambda folder: (folder / "vae" / "config.json").unlink(), r"no readable vae/config\.json"),
        (lambda folder: change(folder / "unet" / "config.json", in_channels=4), "takes 4 channels"),
        (lambda folder: change(folder / "unet" / "config.json", num_class_embeds=None), "351 levels"),
    ],
    ids=["text encoder", "config", "not an upscaler", "no noise levels"],
)
def test_a_folder_of_another_kind_is_refused_in_a_sentence(folder, spoil, sentence):
    spoil(folder)
    with pytest.raises(WeightsError, match=sentence):
        convert("sd_x4", folder)


def change(path: Path, **values) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_file_is_no_folder(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "x4.safetensors")
    with pytest.raises(WeightsError, match="folders in diffusers' layout"):
        convert("sd_x4", tmp_path / "x4.safetensors")


def test_a_first_stage_of_another_factor_is_refused(sampler):
    with pytest.raises(ValueError, match="enlarges by 4, not by 8"):
        LatentUpscaler.build({**sampler.config, "scale": 8})
