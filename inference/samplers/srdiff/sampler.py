"""SRDiff as a sampler: the residual to the bicubic enlargement, diffused and denoised beside the encoded image.

Li et al., "SRDiff: Single Image Super-Resolution with Diffusion Probabilistic Models", Neurocomputing 2022.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inference.samplers.base import Check, Drawn, Sampler, in_order
from inference.samplers.blocks.chain import Chain
from inference.samplers.health import NOT_FINITE
from inference.samplers.mixtures import Fusion, Interpolation, Mixture, Origin
from inference.samplers.padding import as_batch, padded
from inference.samplers.seeds import generators, noise, plan
from inference.samplers.settings import SamplerSettings
from inference.samplers.srdiff.manipulations import mixed_noise, shares
from inference.samplers.srdiff.network import Networks
from inference.samplers.srdiff.settings import SRDiffSettings
from inference.samplers.tiling import tiled


@dataclass(frozen=True)
class Context:
    """One image of ``height`` x ``width`` pixels, padded, and what all its samples share.

    base: what residuals are to (1, C, H, W), in about [-1, 1]; condition: of the U-Net (1, width, H, W)
    mixture: where samples are made of two others; start: then the residual (1, C, H, W) that is diffused, or None
    """

    base: torch.Tensor
    condition: torch.Tensor
    height: int
    width: int
    settings: SRDiffSettings
    mixture: Mixture | None = None
    start: torch.Tensor | None = None


class SRDiffSampler(Sampler):
    """Draws residuals by DDIM or the stochastic DPM-Solver++, and mixes samples (section 5.4 of the paper)."""

    Settings = SRDiffSettings

    @staticmethod
    def build(config: dict[str, Any]) -> nn.Module:
        return Networks(config)

    def prepare(self, low_res: NDArray[np.float32], settings: SamplerSettings) -> Context:
        """The image, mirrored at its edges to what the U-Net can halve, enlarged and encoded once."""
        assert isinstance(settings, SRDiffSettings)
        height, width = low_res.shape[:2]
        low = as_batch(padded(low_res, self._multiple(min(height, width))), self.device)
        encoded = tiled(self.networks.encode, [low], self.tile, self.overlap, self.scale)
        channels = self.config["unet"]["width"]
        condition, guessed, base = encoded[:, :channels], encoded[:, channels:], self.networks.base(low)
        return Context(base + guessed if guessed.shape[1] else base, condition, height, width, settings)

    def batch_size(self, context: Context) -> int:
        """The weights' micro-batch, less for images larger than the pictures they were trained on."""
        trained = (self.config["size"] * self.scale) ** 2
        return max(1, min(self.micro_batch, self.micro_batch * trained // context.base[0, 0].numel()))

    def draw_passes(self, context: Context, noise_seeds: Sequence[int], check: Check) -> NDArray[np.float32]:
        percent, chosen = context.mixture.percent if isinstance(context.mixture, Fusion) else 100, context.settings
        chain = Chain(self.config, chosen.steps, chosen.solver, chosen.eta, percent)
        fresh = self._noise(context, noise_seeds)
        state = chain.begin(fresh(), context.start)
        for place, time in enumerate(chain.times):
            check()
            clean = chain.clean(self._predict(context, state, time), state, time)
            limit = self.networks.clip
            state = chain.step(clean.clamp(-limit, limit), state, place, fresh())
        check()
        return self._pictures(context, state)

    def may_differ(self, context: Context, found: str) -> bool:
        """Not between two samples: there is one picture for each share, unless it is only finite with all its bits."""
        return found == NOT_FINITE or not isinstance(context.mixture, Interpolation)

    def draw_mixed(
        self,
        low_res: NDArray[np.floating],
        seeds: Sequence[int],
        settings: SRDiffSettings | None = None,
        *,
        mixture: Mixture,
        check: Check = lambda: None,
    ) -> Iterator[Drawn]:
        """Draw samples made of two samples of an image, like `draw`.

        seeds: of an interpolation, which of its shares, from 1; of a fusion, of its noise
        """
        image, chosen, prepared = self._begin(low_res, settings)
        context: Context = replace(prepared, mixture=mixture)
        if isinstance(mixture, Fusion):
            base, other = (self._in_own_channels(picture) for picture in (mixture.base, mixture.other))
            own = replace(mixture, base=base, other=other)
            with torch.inference_mode():
                context = replace(context, mixture=own, start=self._start(context, own))
        return self._run(plan(seeds, 1), context, image, chosen, check)

    def interpolate(
        self,
        low_res: NDArray[np.floating],
        first: int,
        second: int,
        shares: Sequence[float],
        settings: SRDiffSettings | None = None,
    ) -> NDArray[np.float32]:
        """Samples (N, H, W, C) in [0, 1] between those of two seeds, one for each share of the second; algorithm 4."""
        mixture = Interpolation(Origin(first), Origin(second), tuple(shares))
        return in_order(self.draw_mixed(low_res, range(1, len(shares) + 1), settings, mixture=mixture))

    def fuse(
        self,
        low_res: NDArray[np.floating],
        fusion: Fusion,
        seeds: Sequence[int],
        settings: SRDiffSettings | None = None,
    ) -> NDArray[np.float32]:
        """Samples (N, H, W, C) in [0, 1]: one with a region of another, fitted in once per seed; algorithm 3."""
        return in_order(self.draw_mixed(low_res, seeds, settings, mixture=fusion))

    def _noise(self, context: Context, noise_seeds: Sequence[int]) -> Callable[[], torch.Tensor]:
        """What gives the noise of one step after the other, (B, C, H, W) each."""
        shape = tuple(context.base.shape[1:])
        if isinstance(context.mixture, Interpolation):
            return mixed_noise(context.mixture, shares(context.mixture, noise_seeds), shape, self.device)
        sources = generators(noise_seeds)
        return lambda: noise(sources, shape, self.device)

    def _predict(self, context: Context, state: torch.Tensor, time: int) -> torch.Tensor:
        """What the U-Net says of states (B, C, H, W), from windows where the image is large."""
        times = torch.full((len(state),), time, device=self.device)

        def windows(states: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
            return self.networks.unet(states, times, conditions).float()

        window, overlap = self.tile * self.scale, self.overlap * self.scale
        return tiled(windows, [state, context.condition], window, overlap)

    def _start(self, context: Context, fusion: Fusion) -> torch.Tensor:
        """The residual (1, C, H, W) of a picture that is pasted together, padded like the image."""
        pasted = fusion.pasted()
        height, width = context.base.shape[2:]
        edges = ((0, height - pasted.shape[0]), (0, width - pasted.shape[1]), (0, 0))
        picture = as_batch(np.pad(pasted, edges, mode="symmetric"), self.device) * 2 - 1
        return self.networks.residual(picture, context.base)

    def _pictures(self, context: Context, residual: torch.Tensor) -> NDArray[np.float32]:
        """Residuals (B, C, H, W) as pictures (B, 1, h * scale, w * scale, C) in about [0, 1]."""
        height, width = context.height * self.scale, context.width * self.scale
        found = self.networks.pictures(residual.float(), context.base)[:, :, :height, :width]
        pictures = (found.permute(0, 2, 3, 1).cpu().numpy() + 1) / 2
        if isinstance(context.mixture, Fusion):
            pictures = np.stack([context.mixture.with_region_of(picture) for picture in pictures])
        return pictures[:, None]

    def _multiple(self, smallest: int) -> int:
        """What the sides of the low-resolution image must be multiples of, so that the U-Net can halve and mirror."""
        halved = max(1, 2 ** len(self.networks.unet.downs) // self.scale)
        return halved if smallest > halved else 2 * halved
