"""Training pictures of the world: crops of photographs, every tenth of which is kept out.

No photographs are part of this project. They are read from the folder that is named, from the folder in
``TRUSTSR_TRAINING_PHOTOS``, or from the usual place beside the checkout.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from inference.training.data import ASK, Pair, fingerprint
from inference.training.degrade import lower_resolution

DEFAULT_PHOTOS = Path("../shared/data/photos")
ENDINGS = (".jpg", ".jpeg", ".png")
BSDS500 = 400  # its train and test photographs
KEPT_OUT = 10  # every tenth by name


@dataclass(frozen=True)
class Photos:
    """Photographs, uint8 (H, W, 3) of any sizes, in the order of their names."""

    images: tuple[np.ndarray, ...]
    source: str
    licence: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.images)

    def split(self) -> tuple[Photos, Photos]:
        """Part for training, and every tenth by name, which nothing that is trained may see."""
        kept_out = self.images[KEPT_OUT - 1 :: KEPT_OUT]
        shown = tuple(image for place, image in enumerate(self.images) if place % KEPT_OUT != KEPT_OUT - 1)
        return replace(self, images=shown), replace(self, images=kept_out)


def usual_folder() -> Path:
    """The folder in ``TRUSTSR_TRAINING_PHOTOS``, or the one beside the checkout."""
    return Path(os.environ.get("TRUSTSR_TRAINING_PHOTOS", DEFAULT_PHOTOS))


def photo_files(folder: Path | None = None) -> list[Path]:
    """Files of photographs by name, in ``folder`` or the usual one.

    Raises FileNotFoundError where none are: nothing can stand in for photographs.
    """
    chosen = folder or usual_folder()
    files = sorted(path for path in chosen.glob("*") if path.suffix.lower() in ENDINGS) if chosen.is_dir() else []
    if not files:
        raise FileNotFoundError(f"There are no photographs (.jpg or .png) in {chosen}: name a folder with --data.")
    return files


def load_photos(folder: Path | None = None, *, smallest: int = 1) -> Photos:
    """Read all photographs in RGB; see `photo_files`. Those of any other folder are not taken for BSDS500.

    Raises ValueError for one with fewer than ``smallest`` pixels per side.
    """
    files = photo_files(folder)
    images = tuple(np.asarray(Image.open(path).convert("RGB")) for path in files)
    for path, image in zip(files, images, strict=True):
        height, width = image.shape[:2]
        if min(height, width) < smallest:
            raise ValueError(f"{path.name} has {width} x {height} pixels: at least {smallest} per side are needed.")
    place = files[0].parent
    if len(files) == BSDS500 and place.resolve() == usual_folder().resolve():
        return Photos(images, "BSDS500, train and test", "research and education, non-commercial")
    return Photos(images, f"{place.resolve().name}, {len(files):,} images of the user", ASK)


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
