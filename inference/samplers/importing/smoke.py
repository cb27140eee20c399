"""A first picture from new weights, against bicubic enlargement: the check that published weights must pass.

Wrong keys are found by name, but weights can load and still be wrong: another release, half of a checkpoint, another
normalisation. Users of SRDiff whose weights were silently not found got noise, at 14 dB (its issue 14).

The picture is a crop of "Chelsea", by Stefan van der Walt, CC0, as scikit-image has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from inference.core.degradation import downscale, upscale
from inference.core.images import read_image
from inference.core.metrics import peak_signal_noise_ratio
from inference.core.weights import WeightsError
from inference.samplers.base import DrawError, Sampler
from inference.samplers.limits import LowResError

PICTURE = Path(__file__).with_name("smoke.png")  # 128 x 128, so that x2, x4 and x8 divide it

# How far one sample may lie below bicubic, in dB: four times its squared error. Samplers trained for this kernel are
# above it (SRDiff on DIV2K, as published: 27.41 dB against 26.70); those for unknown degradations, such as LDM's,
# invent texture and need room. A flat picture of the right colour is 8 to 10 dB below, random networks are 10 to 15.
MARGIN = 6.0


class Smoke(NamedTuple):
    """PSNR in dB of one sample and of bicubic enlargement against the truth."""

    sample: float
    bicubic: float


def smoke(sampler: Sampler) -> Smoke:
    """Draw one sample with the default settings; WeightsError unless it is about as near to the truth as bicubic."""
    high_res = truth(sampler.channels)
    low_res = np.clip(downscale(high_res, sampler.scale), 0, 1).astype(np.float32)
    bicubic = np.clip(upscale(low_res, sampler.scale), 0, 1)
    drawn = _draw(sampler, low_res)
    result = Smoke(peak_signal_noise_ratio(high_res, drawn), peak_signal_noise_ratio(high_res, bicubic))
    if not result.sample >= result.bicubic - MARGIN:
        raise WeightsError(
            f"The test picture failed: a sample reaches {result.sample:.1f} dB where bicubic enlargement has "
            f"{result.bicubic:.1f} dB, so these weights are not what they should be."
        )
    return result


def truth(channels: int) -> NDArray[np.float32]:
    """The test picture (128, 128, C) in [0, 1], in colour or grey."""
    picture = read_image(PICTURE)
    return picture if channels == 3 else picture.mean(axis=2, keepdims=True, dtype=np.float32)


def _draw(sampler: Sampler, low_res: NDArray[np.float32]) -> NDArray[np.float32]:
    with tqdm(desc="Drawing a test picture", unit="step") as bar:

        def check() -> None:
            bar.update()

        try:
            return next(sampler.draw(low_res, [0], check=check)).image
        except (DrawError, LowResError) as error:
            raise WeightsError(f"The test picture failed: {error}") from error
        except (RuntimeError, ValueError) as error:  # what torch and numpy say when sizes disagree
            reason = " ".join(str(error).split())[:150]
            raise WeightsError(
                f"No test picture could be drawn: the weights may be of another scale than x{sampler.scale} ({reason})."
            ) from error
