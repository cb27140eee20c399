"""The attention of the official VQ autoencoder, operation by operation.

diffusers' own differs from it by 2e-7. The decoder's group norms raise that to 1e-5 in the image, where these give
the very same bits.
"""

from __future__ import annotations

import torch
from diffusers import VQModel
from diffusers.models.attention_processor import Attention
from torch import nn
from torch.nn import functional


class ConvolvingAttention:
    """A processor for diffusers' `Attention` with one head over (B, C, h, w): linear layers applied as convolutions."""

    def __call__(
        self,
        attention: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        temb: torch.Tensor | None = None,
    ) -> torch.Tensor:
        normed = attention.group_norm(hidden_states)
        query, key, value = (
            _convolved(layer, normed).flatten(2) for layer in (attention.to_q, attention.to_k, attention.to_v)
        )
        weights = (torch.bmm(query.transpose(1, 2), key) * query.shape[1] ** -0.5).softmax(dim=2)
        outcome = torch.bmm(value, weights.transpose(1, 2)).view_as(hidden_states)
        return hidden_states + _convolved(attention.to_out[0], outcome)


def as_published(first_stage: VQModel) -> None:
    """Let the attention in the middle of both halves compute like the official networks', where there is any."""
    for half in (first_stage.encoder, first_stage.decoder):
        for attention in half.mid_block.attentions:
            if attention is not None:
                attention.set_processor(ConvolvingAttention())


def _convolved(layer: nn.Linear, image: torch.Tensor) -> torch.Tensor:
    return functional.conv2d(image, layer.weight[:, :, None, None], layer.bias)
