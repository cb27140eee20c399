"""What conditions LDDPM's generator: features of the low-resolution image, and the latent code of a CVAE.

Wang et al., "Super-resolution Reconstruction of Single Image for Latent features", 2023, section 3.3. The paper gives
no sizes: widths, depths and the place of the code are ours. The code is a map, not a vector, so that images of any
size have one; its encoder is used in training and to take the details of a reference image, never to sample.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from inference.samplers.blocks.patches import ResidualBlock


class LowResEncoder(nn.Module):
    """tau: features of the low-resolution image on the generator's grid.

    ``outlet`` makes of them what the enlarged image lacks on average, which is ours: the generator then only has to
    vary around it.

    area: channels of a grid cell; growth: grid cells per low-resolution pixel and side
    """

    def __init__(self, channels: int, area: int, *, width: int, blocks: int, growth: int) -> None:
        super().__init__()
        self.growth = growth
        self.inlet = nn.Conv2d(channels, width, 3, padding=1)
        self.trunk = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.spread = nn.Conv2d(width, width, 3, padding=1)
        self.outlet = nn.Conv2d(width, area, 3, padding=1)

    def forward(self, low: torch.Tensor) -> torch.Tensor:
        """Features (B, width, gh, gw) of (B, C, h, w) in [-1, 1]."""
        first = self.inlet(low)
        grown = functional.interpolate(self.trunk(first) + first, scale_factor=self.growth, mode="nearest")
        return functional.silu(self.spread(grown))


class CodeDecoder(nn.Module):
    """From the code to the map F_R that the generator's middle is given: twice as high and wide, standardised."""

    def __init__(self, code: int, channels: int, *, width: int, groups: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(code, width, 3, padding=1),
            ResidualBlock(width),
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.SiLU(),
            nn.Conv2d(width, channels, 3, padding=1),
            nn.GroupNorm(groups, channels),
        )

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        """F_R (B, channels, 2h, 2w) of codes (B, code, h, w)."""
        return self.layers(code)


class CodeEncoder(nn.Module):
    """q(z | image): mean and log-variance of the code, from what the enlarged low-resolution image lacks.

    shrinks: how often the grid is halved down to the code's
    """

    def __init__(self, channels: int, code: int, *, width: int, shrinks: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1)]
        for _ in range(shrinks):
            layers += [ResidualBlock(width), nn.SiLU(), nn.Conv2d(width, width, 3, stride=2, padding=1)]
        last = nn.Conv2d(width, 2 * code, 1)
        self.layers = nn.Sequential(*layers, ResidualBlock(width), nn.SiLU(), last)
        for part in self.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight)
        # Codes that tell pictures apart from the first step on: from silent ones the generator learns to ignore them.
        nn.init.constant_(last.get_parameter("bias")[code:], -2.0)

    def forward(self, detail: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both (B, code, h, w); the log-variance is kept where its exponential is harmless."""
        mean, log_variance = self.layers(detail).float().chunk(2, dim=1)
        return mean, log_variance.clamp(-10, 4)


class Modulation(nn.Module):
    """F_g: the code's standardised map F_R, scaled and shifted by what a convolution reads from the generator's F_X.

    So features are modulated in adaptive instance normalisation (Huang and Belongie 2017); F_X itself is added.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.statistics = nn.Conv2d(channels, 2 * channels, 3, padding=1)

    def forward(self, features: torch.Tensor, code_map: torch.Tensor) -> torch.Tensor:
        shift, scale = self.statistics(functional.silu(features)).chunk(2, dim=1)
        return features + shift + (1 + scale) * code_map


class CrossAttention(nn.Module):
    """Queries from the generator's middle, keys and values from the tokens of the low-resolution image (equation 8).

    Keys and values are made by `keys_values`, once per image.
    """

    def __init__(self, channels: int, tokens: int, *, heads: int, groups: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(groups, channels)
        self.query = nn.Conv2d(channels, channels, 1)
        self.key_value = nn.Conv2d(tokens, 2 * channels, 1)
        self.outlet = nn.Conv2d(channels, channels, 1)

    def keys_values(self, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Maps (B, channels, h, w) of tokens (B, tokens, h, w)."""
        keys, values = self.key_value(tokens).chunk(2, dim=1)
        return keys, values

    def forward(self, maps: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        query = self.query(self.norm(maps))
        heads = [self._heads(one.to(query.dtype)) for one in (query, keys, values)]
        answer = functional.scaled_dot_product_attention(heads[0], heads[1], heads[2])
        return maps + self.outlet(answer.transpose(2, 3).reshape(maps.shape))

    def _heads(self, maps: torch.Tensor) -> torch.Tensor:
        """(B, heads, places, channels per head)"""
        return maps.reshape(len(maps), self.heads, -1, maps.shape[2] * maps.shape[3]).transpose(2, 3)
