"""Fidelity to a reference (PSNR, SSIM), consistency with the LR image, and diversity among samples.

PSNR and SSIM agree with scikit-image; LR consistency follows the NTIRE "Learning the Super-Resolution Space"
challenges (Lugmayr et al., CVPRW 2021 and 2022).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from .consistency import check_sizes
from .degradation import downscale
from .ensembling import Samples, spread
from .images import to_float, to_uint8

Channels = Literal["rgb", "y"]

LR_CONSISTENCY_CAP = 100.0
_SSIM_RADIUS = 5
# ITU-R BT.601, limited range: white is 235 and black 16 of 255, as in MATLAB's rgb2ycbcr.
_LUMA = np.array([65.481, 128.553, 24.966]) / 255
_BLACK = 16 / 255


def peak_signal_noise_ratio(
    reference: ArrayLike,
    image: ArrayLike,
    *,
    data_range: float = 1.0,
    channels: Channels = "rgb",
    crop: int = 0,
) -> float:
    """PSNR in dB over all pixels and channels; inf for equal images.

    reference, image: (H, W, C), C = 1 or 3, values in [0, data_range] (255 for uint8)
    channels: "y" compares BT.601 limited-range luma of RGB images; grey images are compared as they are
    crop: border pixels left out on each side (SR papers often shave the factor)
    """
    first, second = _prepared(reference, image, data_range, channels, crop)
    error = np.mean((first - second) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(data_range**2 / error))


def structural_similarity(
    reference: ArrayLike,
    image: ArrayLike,
    *,
    data_range: float = 1.0,
    channels: Channels = "rgb",
    crop: int = 0,
) -> float:
    """Mean SSIM (Wang et al., IEEE TIP 13(4), 2004), averaged over channels; parameters as for PSNR.

    Gaussian window of sigma 1.5 cut to 11 x 11, K1 = 0.01, K2 = 0.03, population covariances; the 5 border
    pixels without a full window are left out. It equals scikit-image with ``gaussian_weights=True,
    sigma=1.5, use_sample_covariance=False``. An image smaller than the window has no SSIM: nan.
    """
    first, second = _prepared(reference, image, data_range, channels, crop)
    if min(first.shape[:2]) < 2 * _SSIM_RADIUS + 1:
        return float("nan")
    mean_1, mean_2 = _window(first), _window(second)
    variance_1 = _window(first**2) - mean_1**2
    variance_2 = _window(second**2) - mean_2**2
    covariance = _window(first * second) - mean_1 * mean_2
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    similarity = ((2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)) / (
        (mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2)
    )
    return float(_shaved(similarity, _SSIM_RADIUS).mean())


def lr_consistency(sr: ArrayLike, lr: ArrayLike, factor: int) -> float | NDArray[np.float64]:
    """LR-PSNR in dB: how well the downscaled SR image gives back the LR image, capped at 100 dB.

    sr: (H, W, C) in [0, 1] or uint8, or a stack (N, H, W, C);  lr: (H / factor, W / factor, C)
    returns: a float, for a stack an array (N,)

    Both LR images are rounded to 8 bit before they are compared, as NTIRE does, so that equal ones occur:
    the cap stands for them. NTIRE asks for 45 dB. The SR image is taken as given: one of 8 bits is reduced like the
    HR image was, rounded after each pass, so that the truth itself reaches the cap.
    """
    residual = lr_residual(sr, lr, factor)
    error = np.mean(residual**2, axis=(-3, -2, -1))
    with np.errstate(divide="ignore"):
        decibels = np.minimum(-10 * np.log10(error), LR_CONSISTENCY_CAP)
    return float(decibels) if residual.ndim == 3 else decibels


def lr_residual(sr: ArrayLike, lr: ArrayLike, factor: int) -> NDArray[np.float64]:
    """Where `lr_consistency` is lost: |downscaled SR - LR|, both rounded to 8 bit, (h, w, C) or (N, h, w, C) in [0, 1].

    Its mean square gives the LR consistency. Parameters and errors as there.
    """
    image, target = np.asarray(sr), to_float(lr)
    check_sizes(image, target, factor)
    small = downscale(image if image.dtype == np.uint8 else to_float(image), factor)
    return np.abs(to_uint8(small).astype(np.float64) - to_uint8(target)) / 255


def pixel_diversity(samples: Samples) -> float:
    """Mean over pixels and channels of the standard deviation over samples, on the 8-bit scale (0 to 255).

    samples: as for `ensembling.spread`, floats in [0, 1] or integers. This is the "pixel standard
    deviation" of SRDiff (Li et al., 2022, section 4). The paper gives no divisor; here it is N - 1, so that
    the number does not grow with N. Fewer than two samples have no diversity: nan.
    """
    return float(255 * np.mean(spread(samples)))


def _prepared(
    reference: ArrayLike, image: ArrayLike, data_range: float, channels: Channels, crop: int
) -> tuple[NDArray, NDArray]:
    first, second = np.asarray(reference), np.asarray(image)
    if first.shape != second.shape:
        raise ValueError(f"The images differ in size: {first.shape} and {second.shape}.")
    if first.ndim != 3 or first.shape[2] not in (1, 3):
        raise ValueError(f"Expected images (H, W, C) with C = 1 or 3, got shape {first.shape}.")
    if channels not in ("rgb", "y"):
        raise ValueError(f'The channels are "rgb" or "y", not {channels!r}.')
    if not data_range > 0:
        raise ValueError(f"The data range must be positive, not {data_range}.")
    if crop < 0 or 2 * crop >= min(first.shape[:2]):
        raise ValueError(f"A crop of {crop} pixels on each side leaves nothing of shape {first.shape}.")
    return tuple(_shaved(_selected(x.astype(np.float64), data_range, channels), crop) for x in (first, second))  # type: ignore[return-value]


def _selected(image: NDArray, data_range: float, channels: Channels) -> NDArray:
    if channels == "rgb" or image.shape[2] == 1:
        return image
    return (image @ _LUMA + _BLACK * data_range)[:, :, None]


def _shaved(image: NDArray, border: int) -> NDArray:
    return image[border : image.shape[0] - border, border : image.shape[1] - border]


def _window(image: NDArray) -> NDArray:
    return gaussian_filter(image, sigma=1.5, radius=_SSIM_RADIUS, axes=(0, 1), mode="reflect")
