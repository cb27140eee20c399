"""The border that all samplers share: checks, micro-batches, retries. Families only draw.

One seed is one picture, bit for bit, whatever else is drawn with it (see `seeds`): the network always sees a
micro-batch of the same size, the last one filled up. The size depends on that of the low-resolution image only; it is
halved when memory runs out, which can move the last bits of a float.

A picture with a fault (see `health`) is drawn again from new noise, in float32, and says so.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from inference.core.consistency import project
from inference.core.weights import WeightsError, WeightsFile
from inference.samplers.device import computes_bfloat16, low_precision
from inference.samplers.health import NOT_FINITE, Health
from inference.samplers.limits import LowResError, checked
from inference.samplers.memory import is_out_of_memory
from inference.samplers.seeds import Pass, alike, noise_seed, plan
from inference.samplers.settings import AUTO, BFLOAT16, FLOAT32, SamplerSettings, SettingsError

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5  # for a finite picture
FAULTY_ATTEMPTS = 3  # then a finite picture is kept in spite of its fault
Check = Callable[[], None]


class DrawError(RuntimeError):
    """Drawing failed for good: no finite picture, or too little memory; the message is one sentence."""


class Cancelled(Exception):
    """Raised inside `Sampler.sample` when ``should_stop`` said so; nothing more is drawn."""


@dataclass(frozen=True)
class Drawn:
    """One finished sample.

    index: its place in the list of seeds; image: float32 (H, W, C) in [0, 1]
    attempt: 0, or how often its noise had to be replaced
    fault: why it was replaced last, or an empty string; suspect: it still has that fault and was kept
    """

    index: int
    seed: int
    image: NDArray[np.float32]
    attempt: int
    fault: str = ""
    suspect: bool = False


class Sampler(ABC):
    """A family's networks with their weights, ready to draw. Subclasses build networks and draw passes.

    config: what is stored beside the weights: "scale", "channels" (1 or 3), "micro_batch"; "precision" ("bfloat16"
        where that is good enough, else "float32"); "tile" and "overlap", low-resolution pixels per side of the
        largest window that is drawn in one piece, and what two windows share; and the family's own entries
    """

    Settings: ClassVar[type[SamplerSettings]]

    def __init__(self, networks: nn.Module, config: dict[str, Any], device: str = "cpu", sha256: str = "") -> None:
        # Parameters go on requiring gradients, which nothing here computes: autocast keeps the bfloat16 copies of such
        # parameters alone, and makes all others anew in each step.
        self.networks: Any = networks.to(device).eval().requires_grad_(True)
        self.config, self.device, self.weights_sha256 = config, torch.device(device), sha256
        self.scale: int = config["scale"]
        self.channels: int = config["channels"]
        self.micro_batch: int = config["micro_batch"]
        self.tile: int = config.get("tile", 64)
        self.overlap: int = config.get("overlap", 16)

    @classmethod
    def load(cls, file: WeightsFile, device: str) -> Self:
        """Build the networks of the config and fill them; every tensor must be there and none be left over."""
        try:
            return cls(cls._filled(file), file.config, device, file.sha256)
        except KeyError as error:
            raise WeightsError(f"The config of the weights {file.path} lacks the entry {error}.") from None

    @classmethod
    def _filled(cls, file: WeightsFile) -> nn.Module:
        try:
            networks = cls.build(file.config)
            tensors = {
                name: tensor.float() if tensor.is_floating_point() else tensor
                for name, tensor in load_file(file.path).items()
            }
            networks.load_state_dict(tensors, strict=True)
        except KeyError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(f"The weights {file.path} do not fit the network of their config: {reason}") from error
        return networks

    @staticmethod
    @abstractmethod
    def build(config: dict[str, Any]) -> nn.Module:
        """The family's networks, not yet filled, from the config stored beside their weights."""

    def sample(
        self,
        low_res: NDArray[np.floating],
        seeds: Sequence[int],
        settings: SamplerSettings | None = None,
        *,
        on_sample: Callable[[Drawn], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> NDArray[np.float32]:
        """Draw one SR image per seed.

        low_res: float32 (h, w, C) in [0, 1], C = 1 or 3, at least 4 x 4;  seeds: N ints from 0 to 2**63 - 1
        on_sample: called with each sample as soon as it is finished
        should_stop: asked between steps; true raises Cancelled
        returns: float32 (N, h * scale, w * scale, C) in [0, 1]

        Raises LowResError, SettingsError (also for seeds) or DrawError.
        """

        def check() -> None:
            if should_stop is not None and should_stop():
                raise Cancelled

        height, width, channels = checked(low_res).shape
        images = np.empty((len(seeds), height * self.scale, width * self.scale, channels), np.float32)
        for drawn in self.draw(low_res, seeds, settings, check=check):
            images[drawn.index] = drawn.image
            if on_sample is not None:
                on_sample(drawn)
        return images

    def draw(
        self,
        low_res: NDArray[np.floating],
        seeds: Sequence[int],
        settings: SamplerSettings | None = None,
        *,
        check: Check = lambda: None,
    ) -> Iterator[Drawn]:
        """Draw like `sample`, but hand out each sample when its micro-batch is finished.

        check: called between denoising steps; what it raises ends the drawing. Samples come in the order of their
        seeds, except that mosaics hand out all samples of one pass together, and replaced pictures come later.
        """
        image, chosen, context = self._begin(low_res, settings)
        return self._run(plan(seeds, self.tiles(context)), context, image, chosen, check)

    def _begin(
        self, low_res: NDArray[np.floating], settings: SamplerSettings | None
    ) -> tuple[NDArray[np.float32], SamplerSettings, Any]:
        """The image and the settings, checked, and what `prepare` makes of them."""
        image = checked(low_res)
        chosen = self.Settings() if settings is None else settings
        if type(chosen) is not self.Settings:
            raise SettingsError(f"This sampler takes {self.Settings.__name__}, not {type(chosen).__name__}.")
        with torch.inference_mode():
            return image, chosen, self.prepare(self._in_own_channels(image), chosen)

    @abstractmethod
    def prepare(self, low_res: NDArray[np.float32], settings: SamplerSettings) -> Any:
        """All that depends on the image and the settings alone, such as encoder features; no gradients are kept.

        low_res: (h, w, self.channels) in [0, 1]
        """

    @abstractmethod
    def draw_passes(self, context: Any, noise_seeds: Sequence[int], check: Check) -> NDArray[np.float32]:
        """Run the network once for each of the seeds, together: (B, tiles, H, W, channels), clipped by the caller.

        Called without gradients, and under bfloat16 autocast where weights or settings say so: what needs its bits,
        such as a decoder, belongs into `device.exact`.
        """

    def tiles(self, context: Any) -> int:
        """How many pictures one pass gives."""
        return 1

    def batch_size(self, context: Any) -> int:
        """Passes in one micro-batch."""
        return self.micro_batch

    def _run(
        self, passes: list[Pass], context: Any, image: NDArray[np.float32], settings: SamplerSettings, check: Check
    ) -> Iterator[Drawn]:
        size, queue, health = self.batch_size(context), list(passes), Health(image, self.scale)
        while queue:
            check()
            batch = alike(queue[:size])
            try:
                pictures = self._draw_filled(context, batch, size, settings, check)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                size = _halved(size, error)
                continue
            queue = queue[len(batch) :]
            for item, tiles in zip(batch, pictures, strict=True):
                refused = []
                for index, seed, tile, before in item.wanted:
                    picture = self._in_channels_of(image, tiles[tile])
                    found = health.fault(picture)
                    if found and self.may_differ(context, found) and _may_try_again(found, item.attempt, seed):
                        refused.append((index, seed, tile, found))
                        continue
                    finished = self._finish(picture, image, settings)
                    yield Drawn(index, seed, finished, item.attempt, found or before, bool(found))
                if refused:
                    queue.append(Pass(item.key, tuple(refused), item.attempt + 1))

    def _draw_filled(
        self, context: Any, batch: list[Pass], size: int, settings: SamplerSettings, check: Check
    ) -> NDArray[np.float32]:
        noise = [noise_seed(item.key, item.attempt) for item in batch]
        filled = noise + [noise[-1]] * (size - len(batch))
        with torch.inference_mode(), self._precision(settings, batch[0].attempt):
            return self.draw_passes(context, filled, check)[: len(batch)]

    def may_differ(self, context: Any, found: str) -> bool:
        """Whether another attempt at a faulty picture would give another picture."""
        return True

    def arithmetic(self, settings: SamplerSettings) -> str:
        """Device and precision of first attempts, such as ``cpu bfloat16``: for whoever asks why last bits differ."""
        return f"{self.device.type} {BFLOAT16 if self._in_bfloat16(settings) else FLOAT32}"

    def _in_bfloat16(self, settings: SamplerSettings) -> bool:
        """Whether settings or weights say so and the device has it."""
        asked = self.config.get("precision") if settings.precision == AUTO else settings.precision
        return asked == BFLOAT16 and computes_bfloat16(self.device)

    def _precision(self, settings: SamplerSettings, attempt: int) -> AbstractContextManager[Any]:
        """Redrawn pictures get all their bits, since lacking ones may be the fault."""
        return low_precision(self.device) if attempt == 0 and self._in_bfloat16(settings) else nullcontext()

    def _in_own_channels(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        if image.shape[2] == 3 and self.channels == 1:
            raise LowResError("These weights draw grey images: make the image grey or choose weights for colour.")
        return np.repeat(image, 3, axis=2) if image.shape[2] < self.channels else image

    @staticmethod
    def _in_channels_of(image: NDArray[np.float32], picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """The picture, averaged back to grey where the low-resolution image is."""
        same = image.shape[2] == picture.shape[2]
        return picture if same else picture.mean(axis=2, keepdims=True, dtype=np.float32)

    def _finish(
        self, picture: NDArray[np.float32], image: NDArray[np.float32], settings: SamplerSettings
    ) -> NDArray[np.float32]:
        """Clip, and project where that is asked for."""
        clipped = np.clip(picture, 0, 1)
        if settings.projection:
            clipped = project(clipped, image, self.scale, settings.projection)
        return np.ascontiguousarray(clipped, dtype=np.float32)


def in_order(drawn: Iterable[Drawn]) -> NDArray[np.float32]:
    """The pictures (N, H, W, C) in the order of their seeds."""
    return np.stack([one.image for one in sorted(drawn, key=lambda one: one.index)])


def _may_try_again(found: str, attempt: int, seed: int) -> bool:
    """Whether a faulty picture is drawn again; DrawError for one that was never finite."""
    if attempt + 1 < (MAX_ATTEMPTS if found == NOT_FINITE else FAULTY_ATTEMPTS):
        log.warning("Seed %d gave a faulty picture (%s); attempt %d draws new noise.", seed, found, attempt + 1)
        return True
    if found == NOT_FINITE:
        raise DrawError(f"Seed {seed} gave no finite picture in {MAX_ATTEMPTS} attempts.")
    return False


def _halved(size: int, error: Exception) -> int:
    if size == 1:
        raise DrawError("There is not enough memory to draw one sample of this image: use a smaller one.") from error
    log.warning("Out of memory with a micro-batch of %d; going on with %d.", size, size // 2)
    return size // 2
