"""The border that all samplers share: checks, seeds, micro-batches, retries. Families only draw.

One seed is one picture, bit for bit, whatever else is drawn with it: every picture has a generator of its own, and
the network always sees a micro-batch of the same size (the last one is filled up). The size depends on the size of
the low-resolution image only; it is halved when memory runs out, which can move the last bits of a float.
"""

from __future__ import annotations

import hashlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from inference.core.consistency import project
from inference.samplers.memory import is_out_of_memory
from inference.samplers.settings import SamplerSettings, SettingsError

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
SMALLEST = 4  # pixels of a low-resolution image, per side
Check = Callable[[], None]


class LowResError(ValueError):
    """A low-resolution image that these weights cannot enlarge; the message is one sentence."""


class DrawError(RuntimeError):
    """Drawing failed for good: no finite picture, or too little memory; the message is one sentence."""


class Cancelled(Exception):
    """Raised inside `Sampler.sample` when ``should_stop`` said so; nothing more is drawn."""


@dataclass(frozen=True)
class Drawn:
    """One finished sample.

    index: its place in the list of seeds; image: float32 (H, W, C) in [0, 1]
    attempt: 0, or how often its noise had to be replaced because the picture was not finite
    """

    index: int
    seed: int
    image: NDArray[np.float32]
    attempt: int


@dataclass(frozen=True)
class Pass:
    """One run of a network: a key that seeds its noise, and which seeds want which of its pictures.

    wanted: (index, seed, tile); there is one tile but in mosaics
    """

    key: int
    wanted: tuple[tuple[int, int, int], ...]
    attempt: int = 0


class Sampler(ABC):
    """A family's networks with their weights, ready to draw. Subclasses set the attributes and draw passes."""

    Settings: ClassVar[type[SamplerSettings]]
    scale: int
    channels: int
    micro_batch: int
    weights_sha256: str = ""

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
        image = checked(low_res)
        chosen = self.Settings() if settings is None else settings
        if type(chosen) is not self.Settings:
            raise SettingsError(f"This sampler takes {self.Settings.__name__}, not {type(chosen).__name__}.")
        context = self.prepare(self._in_own_channels(image), chosen)
        passes = plan(seeds, self.tiles(context))
        return self._run(passes, context, image, chosen, check)

    @abstractmethod
    def prepare(self, low_res: NDArray[np.float32], settings: SamplerSettings) -> Any:
        """All that depends on the image and the settings alone. ``low_res`` has ``self.channels`` channels."""

    @abstractmethod
    def draw_passes(self, context: Any, noise_seeds: Sequence[int], check: Check) -> NDArray[np.float32]:
        """Run the network once for each of the seeds, together: (B, tiles, H, W, channels), clipped by the caller."""

    def tiles(self, context: Any) -> int:
        """How many pictures one pass gives."""
        return 1

    def batch_size(self, context: Any) -> int:
        """Passes in one micro-batch."""
        return self.micro_batch

    def _run(
        self, passes: list[Pass], context: Any, image: NDArray[np.float32], settings: SamplerSettings, check: Check
    ) -> Iterator[Drawn]:
        size, queue = self.batch_size(context), list(passes)
        while queue:
            check()
            batch, rest = queue[:size], queue[size:]
            try:
                pictures = self._draw_filled(context, batch, size, check)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                size = _halved(size, error)
                continue
            queue = rest
            for item, tiles in zip(batch, pictures, strict=True):
                missing = []
                for index, seed, tile in item.wanted:
                    if np.isfinite(tiles[tile]).all():
                        yield Drawn(index, seed, self._finish(tiles[tile], image, settings), item.attempt)
                    else:
                        missing.append((index, seed, tile))
                if missing:
                    queue.append(_again(item, tuple(missing)))

    def _draw_filled(self, context: Any, batch: list[Pass], size: int, check: Check) -> NDArray[np.float32]:
        noise = [noise_seed(item.key, item.attempt) for item in batch]
        return self.draw_passes(context, noise + [noise[-1]] * (size - len(batch)), check)[: len(batch)]

    def _in_own_channels(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        if image.shape[2] == 3 and self.channels == 1:
            raise LowResError("These weights draw grey images: make the image grey or choose weights for colour.")
        return np.repeat(image, 3, axis=2) if image.shape[2] < self.channels else image

    def _finish(
        self, picture: NDArray[np.float32], image: NDArray[np.float32], settings: SamplerSettings
    ) -> NDArray[np.float32]:
        """Clip, average back to grey, project where that is asked for."""
        clipped = np.clip(picture, 0, 1)
        if image.shape[2] < clipped.shape[2]:
            clipped = clipped.mean(axis=2, keepdims=True, dtype=np.float32)
        if settings.projection:
            clipped = project(clipped, image, self.scale, settings.projection)
        return np.ascontiguousarray(clipped, dtype=np.float32)


def checked(low_res: NDArray[np.floating]) -> NDArray[np.float32]:
    """The low-resolution image as float32 (h, w, C); LowResError unless shape, type and range are right."""
    image = np.asarray(low_res)
    if image.ndim != 3 or image.shape[2] not in (1, 3):
        raise LowResError(f"A low-resolution image has the shape (h, w, 1) or (h, w, 3), not {image.shape}.")
    if min(image.shape[:2]) < SMALLEST:
        raise LowResError(
            f"The low-resolution image has {image.shape[1]} x {image.shape[0]} pixels: "
            f"at least {SMALLEST} x {SMALLEST} are needed."
        )
    if not np.issubdtype(image.dtype, np.floating) or not np.isfinite(image).all():
        raise LowResError("A low-resolution image consists of finite floats from 0 to 1.")
    if image.min() < 0 or image.max() > 1:
        raise LowResError(f"A low-resolution image ranges from 0 to 1, this one from {image.min()} to {image.max()}.")
    return np.ascontiguousarray(image, dtype=np.float32)


def plan(seeds: Iterable[int], tiles: int) -> list[Pass]:
    """Which passes give the seeds: seed s is tile ``s % tiles`` of the pass ``s // tiles``, each run once."""
    wanted: dict[int, list[tuple[int, int, int]]] = {}
    for index, seed in enumerate(seeds):
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**63:
            raise SettingsError(f"A seed is a whole number from 0 to 2**63 - 1, not {seed!r}.")
        wanted.setdefault(int(seed) // tiles, []).append((index, int(seed), int(seed) % tiles))
    return [Pass(key, tuple(items)) for key, items in wanted.items()]


def noise_seed(key: int, attempt: int) -> int:
    """The generator's seed: the key itself, or a hash of key and attempt where the noise is replaced."""
    if attempt == 0:
        return key
    return int.from_bytes(hashlib.sha256(f"{key}|{attempt}".encode()).digest()[:8], "big") >> 1


def generators(noise_seeds: Sequence[int]) -> list[torch.Generator]:
    """One CPU generator per picture: the same numbers on every device, whatever else is in the batch."""
    return [torch.Generator("cpu").manual_seed(seed) for seed in noise_seeds]


def noise(sources: Sequence[torch.Generator], shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """Standard normal noise (B, *shape), each picture's from its own generator."""
    return torch.stack([torch.randn(shape, generator=source) for source in sources]).to(device)


def _again(item: Pass, missing: tuple[tuple[int, int, int], ...]) -> Pass:
    attempt = item.attempt + 1
    if attempt >= MAX_ATTEMPTS:
        raise DrawError(f"Seed {missing[0][1]} gave no finite picture in {MAX_ATTEMPTS} attempts.")
    log.warning("Seed %d gave a picture that is not finite; attempt %d draws new noise.", missing[0][1], attempt)
    return Pass(item.key, missing, attempt)


def _halved(size: int, error: Exception) -> int:
    if size == 1:
        raise DrawError("There is not enough memory to draw one sample of this image: use a smaller one.") from error
    log.warning("Out of memory with a micro-batch of %d; going on with %d.", size, size // 2)
    return size // 2
