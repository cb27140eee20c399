"""LDDPM as a sampler: four large denoising steps, each with a latent code of its own.

After Wang et al., "Super-resolution Reconstruction of Single Image for Latent features", 2023 (no official code
exists); the chain is that of denoising diffusion GANs (Xiao et al., ICLR 2022, section 3). Three independent noises
make a sample: the first state, a code in each step, and the noise of each step's posterior.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from inference.samplers.base import Check, Drawn, Sampler, in_order
from inference.samplers.lddpm.glow import SQUEEZE
from inference.samplers.lddpm.network import Condition, LatentFeatureNetworks
from inference.samplers.lddpm.reference import Box, Reference, check_reference, read_reference
from inference.samplers.lddpm.scheduler import DenoisingGANScheduler
from inference.samplers.lddpm.settings import LatentFeatureSettings
from inference.samplers.padding import as_batch, padded
from inference.samplers.seeds import generators, noise, plan
from inference.samplers.settings import SamplerSettings
from inference.samplers.tiling import tiled


@dataclass(frozen=True)
class Context:
    """One image, ready to be drawn: its condition, folded (see `LatentFeatureSampler._folded`), and its own size.

    reference: an image whose details it is to have, or None
    """

    condition: tuple[torch.Tensor, ...]
    height: int
    width: int
    reference: Reference | None = None

    @property
    def cells(self) -> tuple[int, int]:
        """Cells of the code's grid, down and across."""
        return (self.condition[0].shape[2], self.condition[0].shape[3])


class LatentFeatureSampler(Sampler):
    """Draws by the denoising-GAN chain that the weights were trained for."""

    Settings = LatentFeatureSettings
    networks: LatentFeatureNetworks

    def __init__(self, networks: nn.Module, config: dict[str, Any], device: str = "cpu", sha256: str = "") -> None:
        super().__init__(networks, config, device, sha256)
        self.scheduler = DenoisingGANScheduler(**config["schedule"])

    @staticmethod
    def build(config: dict[str, Any]) -> nn.Module:
        return LatentFeatureNetworks(config)

    @property
    def cell(self) -> int:
        """Low-resolution pixels per cell of the code's grid and side: sizes are padded to multiples of it."""
        return max(1, self.networks.block * self.networks.patch // self.scale)

    def prepare(self, low_res: NDArray[np.float32], settings: SamplerSettings) -> Context:
        """Features, tokens, keys, values and enlargement of the image, padded to whole cells."""
        height, width = low_res.shape[:2]
        low = as_batch(padded(low_res, self.cell), self.device) * 2 - 1
        return Context(self._folded(self.networks.condition(low)), height, width)

    def batch_size(self, context: Context) -> int:
        """The weights' micro-batch, less for images larger than one window."""
        area = context.cells[0] * context.cells[1] * self.cell**2
        return max(1, self.micro_batch * self.tile**2 // max(area, self.tile**2))

    def draw_passes(self, context: Context, noise_seeds: Sequence[int], check: Check) -> NDArray[np.float32]:
        sources, networks = generators(noise_seeds), self.networks
        rows, columns = (networks.block * cells for cells in context.cells)
        picture = (self.channels, rows * networks.patch, columns * networks.patch)
        state = networks.to_grid(noise(sources, picture, self.device))
        for step in self.scheduler.timesteps:
            check()
            code = noise(sources, (networks.code_channels, rows, columns), self.device)
            if context.reference is not None:
                code = context.reference.code(code)
                told = context.reference.details.expand(len(sources), -1, -1, -1)
                grain = networks.to_grid(noise(sources, picture, self.device))
                told = self.scheduler.add_noise(told, grain, (step + 1).expand(len(sources)))
                state = context.reference.state(state, told)
            fresh = networks.to_grid(noise(sources, picture, self.device))
            clean = self._clean(context, state, step, code)
            state = self.scheduler.step(clean, step, state, fresh).prev_sample
        check()
        pixels = networks.to_pixels(networks.images(state, self._base(context)))[
            ..., : context.height * self.scale, : context.width * self.scale
        ]
        return ((pixels + 1) / 2).permute(0, 2, 3, 1).unsqueeze(1).cpu().numpy()

    def draw_fused(
        self,
        low_res: NDArray[np.floating],
        reference: NDArray[np.floating],
        seeds: Sequence[int],
        settings: LatentFeatureSettings | None = None,
        *,
        box: Box | None = None,
        check: Check = lambda: None,
    ) -> Iterator[Drawn]:
        """Draw like `draw`, with details of a reference image.

        reference: float32 (h * scale, w * scale, C) in [0, 1]
        box: its region whose details are taken, in pixels (left, top, right, bottom); None takes all

        Also raises ReferenceImageError.
        """
        image, chosen, context = self._begin(low_res, settings)
        size = (image.shape[0] * self.scale, image.shape[1] * self.scale, image.shape[2])
        check_reference(self.networks, reference, size, box)
        other = self._in_own_channels(reference.astype(np.float32))
        with torch.inference_mode():
            told = read_reference(self.networks, other, box, self.cell, self.device)
        return self._run(plan(seeds, 1), replace(context, reference=told), image, chosen, check)

    def fuse_reference(
        self,
        low_res: NDArray[np.floating],
        reference: NDArray[np.floating],
        seeds: Sequence[int],
        settings: LatentFeatureSettings | None = None,
        *,
        box: Box | None = None,
    ) -> NDArray[np.float32]:
        """What `draw_fused` draws, in the order of the seeds: float32 (N, h * scale, w * scale, C) in [0, 1]."""
        return in_order(self.draw_fused(low_res, reference, seeds, settings, box=box))

    def _clean(self, context: Context, state: torch.Tensor, step: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        """What the network takes for the clean details (B, C * patch**2, gh, gw), window by window where large."""
        networks, steps = self.networks, step.to(self.device).expand(len(state))

        def predict(state: torch.Tensor, code: torch.Tensor, *condition: torch.Tensor) -> torch.Tensor:
            state, code = (functional.pixel_shuffle(maps, networks.block) for maps in (state, code))
            return networks.to_pixels(networks.predict(state, steps, code, self._unfolded(condition, len(state))))

        folded = [functional.pixel_unshuffle(maps, networks.block) for maps in (state, code)]
        window, overlap = (max(1, side // self.cell) for side in (self.tile, self.overlap))
        pixels = tiled(predict, [*folded, *context.condition], window, overlap, networks.block * networks.patch)
        return networks.within(networks.to_grid(pixels), self._base(context))

    def _base(self, context: Context) -> torch.Tensor:
        """The average image (1, C * patch**2, gh, gw)."""
        return functional.pixel_shuffle(context.condition[0], self.networks.block)

    def _folded(self, condition: Condition) -> tuple[torch.Tensor, ...]:
        """All maps on the code's grid, which is the coarsest: windows then begin and end at whole cells of each."""
        block = self.networks.block
        fine = (functional.pixel_unshuffle(maps, block) for maps in (condition.base, condition.told))
        middle = (functional.pixel_unshuffle(maps, SQUEEZE) for maps in condition[2:])
        return (*fine, *middle)

    def _unfolded(self, folded: Sequence[torch.Tensor], count: int) -> Condition:
        """A window's condition for so many samples; the memory is that of one."""
        block = self.networks.block
        fine = (functional.pixel_shuffle(maps, block) for maps in folded[:2])
        middle = (functional.pixel_shuffle(maps, SQUEEZE) for maps in folded[2:])
        return Condition(*(maps.expand(count, -1, -1, -1) for maps in (*fine, *middle)))
