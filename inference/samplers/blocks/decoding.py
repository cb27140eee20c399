"""From latents to images within a bounded memory, by the decoder of any first stage."""

from __future__ import annotations

from collections.abc import Callable

import torch

from inference.samplers.device import exact
from inference.samplers.tiling import tiled

SIDE = 64  # latent pixels per side of the largest window, 256 in the image
AT_ONCE = 32**2  # latent pixels decoded together: more of them take longer each, since caches are small


def decoded(
    decode: Callable[[torch.Tensor], torch.Tensor], states: torch.Tensor, window: int, overlap: int, factor: int
) -> torch.Tensor:
    """Images (B, C, factor * h, factor * w) from latents (B, c, h, w), in float32 whatever surrounds the call.

    window, overlap: of the denoising, in latent pixels; windows larger than 64 are made smaller here, and of large
    ones few are decoded at once. So the official VQ-f4 decoder needs 0.4 GB, and its 8,192 codes another 0.13 GB.
    """
    side = min(window, SIDE)
    at_once = max(1, AT_ONCE // (min(states.shape[2], side) * min(states.shape[3], side)))
    equal = next(count for count in range(min(at_once, len(states)), 0, -1) if len(states) % count == 0)
    with exact(states.device):
        parts = states.split(equal)  # the last bits of a picture depend on how many are decoded together
        return torch.cat([tiled(decode, (part,), side, min(overlap, side // 4), factor) for part in parts])
