"""A tiny folder in the layout of `StableDiffusionUpscalePipeline`, made with diffusers' own classes.

diffusers imports that pipeline, and makes its text encoder, with transformers only, which this project does without:
the text encoder's file is written as transformers writes it.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, DDPMScheduler, UNet2DConditionModel
from safetensors.torch import save_file

WIDTH, LENGTH, HEADS, LAYERS = 8, 5, 2, 2


def networks() -> tuple[AutoencoderKL, UNet2DConditionModel]:
    torch.manual_seed(0)
    autoencoder = AutoencoderKL(
        block_out_channels=[4, 4, 8],
        down_block_types=["DownEncoderBlock2D"] * 3,
        up_block_types=["UpDecoderBlock2D"] * 3,
        latent_channels=4,
        norm_num_groups=2,
        scaling_factor=0.08333,
    )
    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=7,
        out_channels=4,
        block_out_channels=[8, 8],
        layers_per_block=1,
        down_block_types=["DownBlock2D", "CrossAttnDownBlock2D"],
        up_block_types=["CrossAttnUpBlock2D", "UpBlock2D"],
        norm_num_groups=2,
        cross_attention_dim=WIDTH,
        attention_head_dim=2,
        num_class_embeds=1000,
        only_cross_attention=[True, False],
        use_linear_projection=True,
    )
    return autoencoder.eval(), unet.eval()


def schedulers() -> tuple[DDIMScheduler, DDPMScheduler]:
    """The published ones."""
    steps = DDIMScheduler(
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    return steps, DDPMScheduler(beta_schedule="squaredcos_cap_v2", clip_sample=True)


def text_encoder() -> dict[str, torch.Tensor]:
    """CLIP's text encoder as transformers names its tensors, random."""
    source = torch.Generator().manual_seed(1)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.token_embedding": (4, WIDTH),
        "embeddings.position_embedding": (LENGTH, WIDTH),
    }
    for layer in range(LAYERS):
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes[f"encoder.layers.{layer}.self_attn.{name}"] = (WIDTH, WIDTH)
        shapes[f"encoder.layers.{layer}.mlp.fc1"] = (4 * WIDTH, WIDTH)
        shapes[f"encoder.layers.{layer}.mlp.fc2"] = (WIDTH, 4 * WIDTH)
        for name in ("layer_norm1", "layer_norm2"):
            shapes[f"encoder.layers.{layer}.{name}"] = (WIDTH,)
    shapes["final_layer_norm"] = (WIDTH,)
    tensors = {f"text_model.{name}.weight": torch.randn(shape, generator=source) for name, shape in shapes.items()}
    for name, shape in shapes.items():
        if not name.startswith("embeddings"):
            tensors[f"text_model.{name}.bias"] = torch.randn(shape[0], generator=source)
    return tensors


def write(folder: Path) -> Path:
    """All parts but the model index, which nothing reads."""
    for name, item in zip(("vae", "unet"), networks(), strict=True):
        item.save_pretrained(folder / name)
    for name, item in zip(("scheduler", "low_res_scheduler"), schedulers(), strict=True):
        item.save_pretrained(folder / name)
    for name in ("text_encoder", "tokenizer"):
        (folder / name).mkdir()
    save_file(text_encoder(), folder / "text_encoder" / "model.safetensors")
    sizes = {"num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "hidden_size": WIDTH, "hidden_act": "gelu"}
    written = {
        "text_encoder/config": {**sizes, "intermediate_size": 4 * WIDTH, "vocab_size": 4},
        "tokenizer/tokenizer_config": {"model_max_length": LENGTH},
        "tokenizer/vocab": {"!": 0, "a": 1, "<start>": 2, "<end>": 3},
        "tokenizer/special_tokens_map": {"bos_token": {"content": "<start>"}, "eos_token": "<end>", "pad_token": "!"},
    }
    for name, content in written.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder
