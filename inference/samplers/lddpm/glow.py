"""A shallow flow over feature maps: three layers of squeeze, actnorm, invertible 1x1 convolution and coupling.

Kingma and Dhariwal, "Glow", NeurIPS 2018, section 3; in LDDPM (section 3.4, equation 12) it enriches the fused
feature, and the features of the low-resolution image take the place of the coupling's mask. Each layer undoes its
squeeze, so that the map keeps its shape.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import nn
from torch.nn import functional

SQUEEZE = 2
FLOOR = 1e-4  # of a coupling's scale, so that its inverse stays finite


class ActNorm(nn.Module):
    """Scale and shift per channel; `fit` lets them standardise the first batch (Glow, section 3.1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.log_scale = nn.Parameter(torch.zeros(1, channels, 1, 1))

    @torch.no_grad()
    def fit(self, maps: torch.Tensor) -> None:
        self.shift.copy_(-maps.mean(dim=(0, 2, 3), keepdim=True))
        self.log_scale.copy_(-maps.std(dim=(0, 2, 3), keepdim=True).clamp(min=1e-3).log())

    def forward(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return (maps + self.shift) * self.log_scale.exp(), self.log_scale.sum() * maps[0, 0].numel()

    def inverse(self, maps: torch.Tensor) -> torch.Tensor:
        return maps * (-self.log_scale).exp() - self.shift


class InvertibleMix(nn.Module):
    """1x1 convolution whose matrix is P L (U + diag(s)): its determinant is the product of s (Glow, section 3.2)."""

    order: torch.Tensor
    signs: torch.Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        rotation = torch.linalg.qr(torch.randn(channels, channels))[0]
        permutation, lower, upper = torch.linalg.lu(rotation)
        self.register_buffer("order", permutation.argmax(dim=1))
        self.register_buffer("signs", upper.diag().sign())
        self.triangles = nn.Parameter(lower.tril(-1) + upper.triu(1))  # L below the diagonal, U above it
        self.log_scale = nn.Parameter(upper.diag().abs().log())

    def forward(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        lower, upper = self._triangles()
        mixed = functional.conv2d(functional.conv2d(maps, upper[..., None, None]), lower[..., None, None])
        return mixed[:, self.order], self.log_scale.sum() * maps[0, 0].numel()

    def inverse(self, maps: torch.Tensor) -> torch.Tensor:
        lower, upper = self._triangles()
        columns = maps[:, self.order.argsort()].flatten(2)
        half = torch.linalg.solve_triangular(lower, columns, upper=False, unitriangular=True)
        return torch.linalg.solve_triangular(upper, half, upper=True).reshape(maps.shape)

    def _triangles(self) -> tuple[torch.Tensor, torch.Tensor]:
        one = torch.eye(len(self.log_scale), device=self.triangles.device)
        upper = self.triangles.triu(1) + torch.diag(self.signs * self.log_scale.exp())
        return self.triangles.tril(-1) + one, upper


class Coupling(nn.Module):
    """Scales and shifts one half of the channels by what the other half and the condition say."""

    def __init__(self, channels: int, condition: int, hidden: int) -> None:
        super().__init__()
        self.kept = channels // 2
        changed = channels - self.kept
        last = nn.Conv2d(hidden, 2 * changed, 1)
        nn.init.normal_(last.weight, std=1e-3)
        nn.init.constant_(last.get_parameter("bias"), 0)
        self.network = nn.Sequential(
            nn.Conv2d(self.kept + condition, hidden, 1),
            nn.SiLU(),
            nn.Conv2d(hidden, hidden, 3, padding=1),
            nn.SiLU(),
            last,
        )

    def forward(self, maps: torch.Tensor, condition: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        kept, changed = maps[:, : self.kept], maps[:, self.kept :]
        scale, shift = self._answer(kept, condition)
        return torch.cat([kept, (changed + shift) * scale], dim=1), scale.log().sum(dim=(1, 2, 3))

    def inverse(self, maps: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        kept, changed = maps[:, : self.kept], maps[:, self.kept :]
        scale, shift = self._answer(kept, condition)
        return torch.cat([kept, changed / scale - shift], dim=1)

    def _answer(self, kept: torch.Tensor, condition: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        raw, shift = self.network(torch.cat([kept, condition], dim=1)).chunk(2, dim=1)
        return torch.sigmoid(raw + 2) + FLOOR, shift


class FeatureGlow(nn.Module):
    """The flow: maps (B, C, h, w) to maps of the same shape, one to one for each condition (B, c, h, w).

    h and w even; in float32 whatever the rest computes in.
    """

    def __init__(self, channels: int, condition: int, *, steps: int, hidden: int) -> None:
        super().__init__()
        area = SQUEEZE**2
        self.norms = nn.ModuleList(ActNorm(area * channels) for _ in range(steps))
        self.mixes = nn.ModuleList(InvertibleMix(area * channels) for _ in range(steps))
        self.couplings = nn.ModuleList(Coupling(area * channels, area * condition, hidden) for _ in range(steps))

    def forward(
        self, maps: torch.Tensor, condition: torch.Tensor, *, fit: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The new maps and log |det| (B,) of the change; ``fit`` sets the actnorms from these maps first."""
        told = functional.pixel_unshuffle(condition, SQUEEZE)
        total = maps.new_zeros(len(maps))
        for norm, mix, coupling in self._layers():
            squeezed = functional.pixel_unshuffle(maps, SQUEEZE)
            if fit:
                norm.fit(squeezed)
            normed, first = norm(squeezed)
            mixed, second = mix(normed)
            coupled, third = coupling(mixed, told)
            total = total + first + second + third
            maps = functional.pixel_shuffle(coupled, SQUEEZE)
        return maps, total

    def inverse(self, maps: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        """The maps that `forward` made these from."""
        told = functional.pixel_unshuffle(condition, SQUEEZE)
        for norm, mix, coupling in reversed(self._layers()):
            mixed = coupling.inverse(functional.pixel_unshuffle(maps, SQUEEZE), told)
            maps = functional.pixel_shuffle(norm.inverse(mix.inverse(mixed)), SQUEEZE)
        return maps

    def _layers(self) -> list[tuple[ActNorm, InvertibleMix, Coupling]]:
        layers = list(zip(self.norms, self.mixes, self.couplings, strict=True))
        return cast(list[tuple[ActNorm, InvertibleMix, Coupling]], layers)
