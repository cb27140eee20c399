"""Training pictures of the world: crops of photographs, every tenth of which is kept out.

No photographs are part of this project. They are read from the folder that is named, from the folder in
``TRUSTSR_TRAINING_PHOTOS``, or from the usual place beside the checkout.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from inference.training.data import Pair
from inference.training.degrade import lower_resolution

DEFAULT_PHOTOS = Path("../shared/data/photos")
ENDINGS = (".jpg", ".jpeg", ".png")
KEPT_OUT = 10  # every tenth by name


@dataclass(frozen=True)
class Photos:
    """Photographs, uint8 (H, W, 3) of any sizes, in the order of their names."""

    images: tuple[np.ndarray, ...]
    source: str

    def split(self) -> tuple[Photos, Photos]:
        """Part for training, and every tenth by name, which nothing that is trained may see."""
        kept_out = self.images[KEPT_OUT - 1 :: KEPT_OUT]
        shown = tuple(image for place, image in enumerate(self.images) if place % KEPT_OUT != KEPT_OUT - 1)
        return Photos(shown, self.source), Photos(kept_out, self.source)


def photo_files(folder: Path | None = None) -> list[Path]:
    """Files of photographs by name, in ``folder``, ``TRUSTSR_TRAINING_PHOTOS`` or the default place.

    Raises FileNotFoundError where none are: nothing can stand in for photographs.
    """
    chosen = folder or Path(os.environ.get("TRUSTSR_TRAINING_PHOTOS", DEFAULT_PHOTOS))
    files = sorted(path for path in chosen.glob("*") if path.suffix.lower() in ENDINGS) if chosen.is_dir() else []
    if not files:
        raise FileNotFoundError(f"There are no photographs (.jpg or .png) in {chosen}: name a folder with --data.")
    return files


def load_photos(folder: Path | None = None) -> Photos:
    """Read all photographs in RGB; see `photo_files`."""
    files = photo_files(folder)
    name = "BSDS500, train and test" if len(files) == 400 else "photographs of the user"
    return Photos(tuple(np.asarray(Image.open(path).convert("RGB")) for path in files), name)


class PhotoCrops:
    """Endless, seeded batches of square crops, mirrored and turned; the same generator state gives the same batch."""

    def __init__(self, photos: Photos, device: str = "cpu") -> None:
        self.images = [torch.from_numpy(image.copy()).permute(2, 0, 1).to(device) for image in photos.images]
        self.device = torch.device(device)

    def batch(self, count: int, generator: torch.Generator, size: int = 64, factor: int = 4) -> Pair:
        """Crops (count, 3, size, size) in [0, 1] and their bicubic reductions by ``factor``, rounded to 8 bits."""
        crops = torch.stack([self._crop(size, generator) for _ in range(count)]).float() / 255
        none = torch.zeros(count, dtype=torch.bool, device=self.device)
        labels = torch.zeros(count, dtype=torch.int64)
        return Pair(crops, lower_resolution(crops, none, factor), labels)

    def _crop(self, size: int, generator: torch.Generator) -> torch.Tensor:
        def below(limit: int) -> int:
            return int(torch.randint(limit, (), generator=generator))

        image = self.images[below(len(self.images))]
        top, left = below(image.shape[1] - size + 1), below(image.shape[2] - size + 1)
        crop = image[:, top : top + size, left : left + size]
        crop = crop.flip(2) if below(2) else crop
        return torch.rot90(crop, below(4), (1, 2))
