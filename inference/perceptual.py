"""Learned perceptual distances, where the extra ``metrics`` and its weights are installed. Imports torch.

LPIPS (Zhang et al., CVPR 2018) version 0.1 with AlexNet, spatial, as NTIRE uses it. The package holds the calibrated
heads, not the AlexNet below them, which comes from torchvision. Nothing is ever downloaded from here: an operator puts
the file into torch's folder of checkpoints once.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference.core.weights import sha256_of

SMALLEST = 32  # pixels per side: AlexNet's poolings leave nothing of smaller images
ALEXNET, BEGINNING = "alexnet-owt-7be5be79.pth", "7be5be79"  # of its SHA-256, as torchvision names its files
Against = Callable[[NDArray[np.uint8]], Callable[[NDArray[np.uint8]], NDArray[np.float32]]]


class Unavailable(Exception):
    """A learned distance that cannot be used here; the message is a clause that says why."""


def lpips(device: str = "cpu") -> tuple[str, Against]:
    """LPIPS by name, and as a function like `inference.evaluation.structure.against`; raises Unavailable."""
    if find_spec("lpips") is None:
        raise Unavailable("the extra `metrics` is not installed")
    checkpoint = Path(torch.hub.get_dir()) / "checkpoints" / ALEXNET
    if not checkpoint.is_file():
        raise Unavailable(f"AlexNet's weights are not at {checkpoint}")
    if not sha256_of(checkpoint).startswith(BEGINNING):  # it is unpickled below
        raise Unavailable(f"{checkpoint} is not torchvision's file")
    try:
        network = import_module("lpips").LPIPS(net="alex", version="0.1", spatial=True, verbose=False).to(device).eval()
    except Exception as error:  # a torchvision made for another torch fails in many ways
        raise Unavailable(f"it cannot be loaded ({' '.join(str(error).split())[:100]})") from error

    def against(truth: NDArray[np.uint8]) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
        reference = _tensor(truth, device)

        @torch.inference_mode()
        def distances(images: NDArray[np.uint8]) -> NDArray[np.float32]:
            fields = [network(_tensor(image, device), reference)[0, 0].float().cpu() for image in images]
            return torch.stack(fields).numpy()

        return distances

    return f"LPIPS 0.1 (AlexNet, spatial; lpips {version('lpips')})", against


def _tensor(image: NDArray[np.uint8], device: str) -> torch.Tensor:
    """uint8 (H, W, C) as (1, 3, H, W) in [-1, 1]; grey is repeated."""
    pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float().to(device)
    return (pixels / 127.5 - 1).expand(-1, 3, -1, -1)
