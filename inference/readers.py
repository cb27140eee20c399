"""Reading digits in pictures, for rehearsals and measurements; torch is loaded only when something is read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.core.weights import SHIPPED

DIGITS = tuple("0123456789")
LARGEST = 32  # pixels per side


def read_digits(pictures: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """What the digit reader makes of pictures (N, H, W, C) in [0, 1]: probabilities (N, 10), rows sum to 1.

    None where the reader is not installed, or the pictures are larger than those it was trained on.
    """
    if not (SHIPPED / "reader" / "digits.safetensors").is_file() or max(pictures.shape[1:3]) > LARGEST:
        return None
    try:
        from inference.training import reader
    except ModuleNotFoundError:  # an installation without torch
        return None
    return reader.read(pictures)
