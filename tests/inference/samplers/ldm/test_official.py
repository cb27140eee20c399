"""Official checkpoints of latent diffusion: same outputs, averaged weights, every key, and diffusers' own folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, UNet2DModel, VQModel
from diffusers.pipelines.latent_diffusion.pipeline_latent_diffusion_superresolution import LDMSuperResolutionPipeline
from safetensors.torch import load_file, save_file

from inference.core.weights import WeightsError
from inference.samplers.importing.conversion import convert as read
from inference.samplers.importing.fitting import check_fit
from inference.samplers.ldm.network import Networks
from inference.samplers.ldm.official import OFFICIAL, convert, convert_folder
from inference.samplers.ldm.sampler import LatentDiffusionSampler
from inference.samplers.ldm.settings import LatentDiffusionSettings as Settings
from tests.inference.samplers.ldm.official_networks import VQ, UNet, checkpoint, randomise
from tests.inference.samplers.tiny import LDM_CONFIG

LAST = [False, False, False, True]


@pytest.fixture(scope="module")
def unet() -> UNet:
    return randomise(UNet(32, [1, 2, 2, 4], 2, LAST), seed=0)


@pytest.fixture(scope="module")
def first_stage() -> VQ:
    network = randomise(VQ(32, [1, 2, 4], 2, codes=50), seed=1)
    network.quantize["embedding"].weight.normal_(generator=torch.Generator().manual_seed(2))
    return network


def filled(tensors: dict[str, torch.Tensor]) -> Networks:
    config, converted = convert(tensors)
    networks = Networks(config).eval().requires_grad_(False)
    networks.load_state_dict(converted, strict=True)
    return networks


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize(
    ("multiples", "layers", "attended"),
    [([1, 2, 2, 4], 2, LAST), ([1, 3], 1, [False, True]), ([1, 2, 3], 3, [False, True, True])],
    ids=["as bsr_sr", "two levels", "attention in two levels"],
)
def test_the_converted_unet_says_what_the_official_one_says(first_stage, multiples, layers, attended):
    official = randomise(UNet(32, multiples, layers, attended), seed=4)
    networks = filled(checkpoint(official, first_stage))
    state, condition, steps = drawn(2, 3, 16, 16), drawn(2, 3, 16, 16).flip(0), torch.tensor([1, 991])
    expected = official(torch.cat([state, condition], dim=1), steps)
    assert (networks.predict(state, steps, condition) - expected).abs().max() <= 1e-5
    assert expected.std() > 0.1


def test_the_converted_first_stage_encodes_and_decodes_like_the_official_one(unet, first_stage):
    """diffusers' own attention would leave 1e-5 to 2e-5 between the decoded images."""
    networks = filled(checkpoint(unet, first_stage))
    images, latents = drawn(2, 3, 64, 64).clamp(-1, 1), drawn(2, 3, 16, 16)
    assert (networks.encode(images) - first_stage.encode(images)).abs().max() <= 1e-5
    assert (networks.decode(latents) - first_stage.decode(latents)).abs().max() <= 1e-5


def test_averaged_weights_are_taken_where_there_are_any(unet, first_stage):
    plain, averaged = (filled(checkpoint(unet, first_stage, averaged=one)) for one in (False, True))
    assert all(torch.equal(*pair) for pair in zip(plain.parameters(), averaged.parameters(), strict=True))


def test_half_a_set_of_averages_is_refused(unet, first_stage):
    tensors = checkpoint(unet, first_stage, averaged=True)
    del tensors["model_ema.diffusion_modelinput_blocks00weight"]
    with pytest.raises(WeightsError, match=r"model_ema\.diffusion_modelinput_blocks00weight"):
        convert(tensors)


def test_sizes_are_read_from_the_shapes_of_the_published_model():
    """113.622563 M and 55.322782 M parameters: bsr_sr of CompVis/latent-diffusion."""
    with torch.device("meta"):
        unet, first_stage = UNet(160, [1, 2, 2, 4], 2, LAST), VQ(128, [1, 2, 4], 2, codes=8192)
    config, tensors = convert(checkpoint(unet, first_stage))
    assert {key: config[key] for key in OFFICIAL} == OFFICIAL
    counts = {
        part: sum(tensor.numel() for name, tensor in tensors.items() if name.startswith(part))
        for part in ("unet.", "autoencoder.")
    }
    assert counts == {"unet.": 113_622_563, "autoencoder.": 55_322_782}


@pytest.mark.parametrize(
    "key",
    [
        "cond_stage_model.weight",
        "model.diffusion_model.label_emb.weight",
        "model.diffusion_model.input_blocks.1.0.in_layers.7.weight",
        "first_stage_model.encoder.down.0.attn.0.q.weight",
    ],
)
def test_a_tensor_without_a_place_is_named(unet, first_stage, key):
    with pytest.raises(WeightsError, match=key.rpartition("model.")[2].replace(".", r"\.")):
        convert({**checkpoint(unet, first_stage), key: torch.zeros(1)})


def test_a_missing_tensor_is_named(unet, first_stage):
    tensors = checkpoint(unet, first_stage)
    del tensors["model.diffusion_model.middle_block.1.qkv.bias"]
    config, converted = convert(tensors)
    with pytest.raises(WeightsError, match=r"3 missing \(unet\.mid_block\.attentions\.0\.to_k\.bias"):
        check_fit(converted, Networks(config))


def test_a_checkpoint_without_its_first_stage_is_refused(unet, first_stage):
    tensors = {key: value for key, value in checkpoint(unet, first_stage).items() if "first_stage" not in key}
    with pytest.raises(WeightsError, match="lacks"):
        convert(tensors)


def test_another_noise_schedule_is_refused(unet, first_stage):
    linear = torch.linspace(1e-4, 0.02, 1000)
    with pytest.raises(WeightsError, match="noise schedule"):
        convert({**checkpoint(unet, first_stage), "betas": linear})


def test_the_latents_factor_is_kept(unet, first_stage):
    """CompVis stores ``scale_factor``, by which latents are multiplied before the diffusion."""
    config, _ = convert({**checkpoint(unet, first_stage), "scale_factor": torch.tensor(0.5)})
    assert config["latent"] == {"mean": 0.0, "std": 2.0}


def test_a_lightning_file_is_read(tmp_path, unet, first_stage):
    torch.save({"state_dict": checkpoint(unet, first_stage), "global_step": 1}, tmp_path / "model.ckpt")
    converted = read("ldm", tmp_path / "model.ckpt")
    check_fit(converted.tensors, LatentDiffusionSampler.build(converted.config))


@pytest.fixture(scope="module")
def pipeline() -> LDMSuperResolutionPipeline:
    torch.manual_seed(5)
    autoencoder = {**LDM_CONFIG["autoencoder"], "in_channels": 3, "out_channels": 3, "mid_block_add_attention": True}
    unet = {
        **LDM_CONFIG["unet"],
        "in_channels": 6,
        "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
        "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
        "attention_head_dim": 4,
        "add_attention": True,
    }
    networks = VQModel(**autoencoder), UNet2DModel(**unet)
    torch.nn.init.normal_(networks[0].quantize.embedding.weight)
    pipe = LDMSuperResolutionPipeline(*networks, DDIMScheduler(**OFFICIAL["schedule"]))
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture
def folder(tmp_path, pipeline) -> Path:
    pipeline.save_pretrained(tmp_path / "published")
    return tmp_path / "published"


def test_a_folder_of_diffusers_draws_what_its_own_pipeline_draws(folder, pipeline):
    """The pipeline takes the condition as a tensor in [-1, 1]; without eta only the start is random."""
    config, tensors = convert_folder(folder)
    sampler = LatentDiffusionSampler(Networks(config), config)
    sampler.networks.load_state_dict(tensors, strict=True)
    low = np.random.default_rng(0).random((8, 8, 3), np.float32)
    image = torch.from_numpy(low * 2 - 1).permute(2, 0, 1)[None]
    source = torch.Generator().manual_seed(11)
    theirs = pipeline(image, num_inference_steps=4, eta=0.0, generator=source, output_type="np").images[0]
    ours = sampler.sample(low, [11], Settings(steps=4, eta=0.0, precision="float32"))[0]
    assert np.abs(ours - theirs).max() <= 1e-5
    assert ours.std() > 0.01


def test_names_of_attention_from_before_diffusers_0_17_are_understood(folder):
    """The published folder is of 2022: query, key, value and proj_attn."""
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    _, today = convert_folder(folder)
    earlier = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    stored = {}
    for key, tensor in load_file(path).items():
        for new, old in earlier.items():
            key = key.replace(f".{new}.", f".{old}.")
        stored[key] = tensor
    save_file(stored, path)
    _, converted = convert_folder(folder)
    assert converted.keys() == today.keys()
    assert all(torch.equal(converted[key], today[key]) for key in today)


def test_a_folder_with_bin_files_is_read_without_unpickling(folder):
    path = folder / "vqvae" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(path), path.with_suffix(".bin"))
    path.unlink()
    converted = read("ldm", folder)
    check_fit(converted.tensors, LatentDiffusionSampler.build(converted.config))


def test_an_incomplete_folder_is_named(folder):
    (folder / "vqvae" / "config.json").unlink()
    with pytest.raises(WeightsError, match=r"no readable vqvae/config\.json"):
        read("ldm", folder)


def test_a_schedule_of_its_own_is_refused(folder):
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "trained_betas": [0.1, 0.2]}))
    with pytest.raises(WeightsError, match="noise schedule"):
        read("ldm", folder)


def test_a_hub_name_is_refused_unless_network_access_is_on(monkeypatch):
    monkeypatch.delenv("TRUSTSR_ALLOW_DOWNLOADS", raising=False)
    with pytest.raises(WeightsError, match="set TRUSTSR_ALLOW_DOWNLOADS=1"):
        read("ldm", Path("CompVis/ldm-super-resolution-4x-openimages"))


def test_a_hub_name_is_fetched_when_it_is(monkeypatch, folder):
    asked = []

    def snapshot(name: str, *, allow_patterns: list[str]) -> str:
        asked.extend([name, *allow_patterns])
        return str(folder)

    monkeypatch.setenv("TRUSTSR_ALLOW_DOWNLOADS", "1")
    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    converted = read("ldm", Path("CompVis/ldm-super-resolution-4x-openimages"))
    assert asked[0] == "CompVis/ldm-super-resolution-4x-openimages"
    assert "vqvae/diffusion_pytorch_model.safetensors" in asked
    assert converted.config["scale"] == 4
