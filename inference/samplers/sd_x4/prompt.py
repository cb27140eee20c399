"""The text encoder's output for the empty prompt, computed once, when weights are imported.

CLIP's text transformer (Radford et al., "Learning Transferable Visual Models From Natural Language Supervision",
ICML 2021, section 2.4) in its stored form: with no text to split, a tokenizer only frames and fills the row of tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from inference.core.weights import WeightsError
from inference.samplers.importing.checkpoint import read_tensors
from inference.samplers.importing.folders import STANDS_IN, read_json, weights_files

STORED = STANDS_IN["text_encoder"]
ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "gelu": functional.gelu,
    "quick_gelu": lambda values: values * torch.sigmoid(1.702 * values),
}


def empty_prompt(folder: Path) -> torch.Tensor:
    """The embedding (1, tokens, width) of the empty prompt, from a pipeline's folder.

    Computed from ``text_encoder`` and ``tokenizer``; a folder without them has it in ``empty_prompt.safetensors``.
    """
    files = weights_files(folder, ["text_encoder"])
    if not files:
        raise WeightsError(
            f"The folder {folder.name} has no text_encoder, whose output for the empty prompt is needed: "
            f"add it, or that output as {STORED}."
        )
    tensors = {key.removeprefix("text_model."): value.float() for key, value in read_tensors(files[0]).items()}
    if files[0].name == STORED:
        (embedding,) = tensors.values()
        return embedding.reshape(1, *embedding.shape[-2:])
    config = read_json(folder / "text_encoder" / "config.json")
    try:
        return encode(tokens(folder / "tokenizer"), tensors, config)
    except KeyError as error:
        raise WeightsError(f"The text encoder of {folder.name} is not CLIP's: it lacks {error}.") from None


def tokens(tokenizer: Path) -> torch.Tensor:
    """The row of tokens (1, length): start, end, and padding up to the length of the text encoder."""
    settings, special, vocabulary = (
        read_json(tokenizer / f"{name}.json") for name in ("tokenizer_config", "special_tokens_map", "vocab")
    )
    start, end, padding = (_text(special[name]) for name in ("bos_token", "eos_token", "pad_token"))
    row = [vocabulary[start], vocabulary[end]]
    return torch.tensor([row + [vocabulary[padding]] * (settings["model_max_length"] - len(row))])


def _text(token: str | Mapping[str, Any]) -> str:
    return token if isinstance(token, str) else token["content"]


@torch.no_grad()
def encode(row: torch.Tensor, tensors: Mapping[str, torch.Tensor], config: Mapping[str, Any]) -> torch.Tensor:
    """Layers with the norm in front, each token seeing those before it; a last norm."""
    heads, epsilon = config["num_attention_heads"], config.get("layer_norm_eps", 1e-5)
    activation = ACTIVATIONS[config.get("hidden_act", "quick_gelu")]

    def linear(values: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(values, tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    def normed(values: torch.Tensor, name: str) -> torch.Tensor:
        return functional.layer_norm(
            values, values.shape[-1:], tensors[f"{name}.weight"], tensors[f"{name}.bias"], epsilon
        )

    def attended(values: torch.Tensor, name: str) -> torch.Tensor:
        query, key, value = (
            linear(values, f"{name}.{letter}_proj").unflatten(2, (heads, -1)).transpose(1, 2) for letter in "qkv"
        )
        outcome = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return linear(outcome.transpose(1, 2).flatten(2), f"{name}.out_proj")

    hidden = tensors["embeddings.token_embedding.weight"][row]
    hidden = hidden + tensors["embeddings.position_embedding.weight"][: row.shape[1]]
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layers.{number}"
        hidden = hidden + attended(normed(hidden, f"{layer}.layer_norm1"), f"{layer}.self_attn")
        inner = activation(linear(normed(hidden, f"{layer}.layer_norm2"), f"{layer}.mlp.fc1"))
        hidden = hidden + linear(inner, f"{layer}.mlp.fc2")
    return normed(hidden, "final_layer_norm")
