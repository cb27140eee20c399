"""Bicubic resizing by an integer factor, as MATLAB's ``imresize`` made the super-resolution benchmarks.

The cubic kernel of Keys (1981) with a = -0.5, stretched by the factor when shrinking (antialiasing);
borders repeat the outermost pixel; rows first, then columns, saturating between the two passes as images
stored as integers do. With uint8 input this gives the LR images of Set5 and Set14 (x4) to the last bit. Two
neighbours differ: Pillow drops the taps beyond the border, and MATLAB releases later than those images
mirror at the border.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array


def downscale(image: ArrayLike, factor: int) -> NDArray:
    """Shrink height and width by an integer factor: bicubic, antialiased.

    image: (H, W), (H, W, C) or (N, H, W, C), with H and W divisible by ``factor``.
    Floats are images in [0, 1]: the result is float64 for float64 input, else float32, clipped to [0, 1]
    after each pass (bicubic overshoots at sharp edges) and not rounded. uint8 and uint16 give the same
    type, rounded half up and saturated after each pass, which is what MATLAB does. The float result lies
    within 1/255 of the uint8 one.

    Raises ValueError for a factor that is no positive integer and for sizes that it does not divide.
    """
    pixels, height_axis = _as_pixels(image, factor)
    height, width = pixels.shape[height_axis : height_axis + 2]
    if height % factor or width % factor:
        raise ValueError(
            f"An image of {width} x {height} pixels cannot be reduced by {factor}: "
            f"crop width and height to multiples of {factor} first."
        )
    result = pixels.astype(np.float64)
    for axis in (height_axis, height_axis + 1):
        result = _saturate(_apply(_weights(result.shape[axis], 1, factor), result, axis), pixels.dtype)
    return np.ascontiguousarray(result, dtype=_result_type(pixels.dtype))


def upscale(image: ArrayLike, factor: int) -> NDArray[np.floating]:
    """Enlarge height and width by an integer factor: bicubic.

    Shapes and errors as for `downscale`; any size can be enlarged. Linear: any unit, negative values too
    (residuals), neither rounded nor clipped, so that values may overshoot the range of the input. Floats
    only; float64 stays float64, everything else becomes float32.
    """
    pixels, height_axis = _as_pixels(image, factor)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise ValueError(f"Only float images are enlarged, not {pixels.dtype}: use images.to_float first.")
    result = pixels.astype(np.float64)
    for axis in (height_axis, height_axis + 1):
        result = _apply(_weights(result.shape[axis], factor, 1), result, axis)
    return np.ascontiguousarray(result, dtype=_result_type(pixels.dtype))


def reduction_matrix(length: int, factor: int) -> NDArray[np.float64]:
    """The weights of `downscale` along one axis as a dense (length / factor, length) matrix whose rows sum to 1.

    For code that reduces batches elsewhere, such as on a GPU: rows first, clip, columns, clip.
    """
    if length % factor:
        raise ValueError(f"A length of {length} cannot be reduced by {factor}.")
    return _weights(length, 1, factor).toarray()


def _as_pixels(image: ArrayLike, factor: int) -> tuple[NDArray, int]:
    """The image as an array, and the axis that holds its height."""
    if isinstance(factor, bool) or not isinstance(factor, (int, np.integer)) or factor < 1:
        raise ValueError(f"The factor must be a positive whole number, not {factor!r}.")
    pixels = np.asarray(image)
    if pixels.dtype not in (np.uint8, np.uint16) and not np.issubdtype(pixels.dtype, np.floating):
        raise ValueError(f"Images hold floats, uint8 or uint16, not {pixels.dtype}.")
    if pixels.ndim not in (2, 3, 4) or pixels.size == 0:
        raise ValueError(f"Expected an image (H, W, C) or a stack (N, H, W, C), got shape {pixels.shape}.")
    return pixels, 1 if pixels.ndim == 4 else 0


def _saturate(pixels: NDArray, dtype: np.dtype) -> NDArray:
    if dtype in (np.uint8, np.uint16):
        return np.floor(np.clip(pixels, 0, np.iinfo(dtype).max) + 0.5)
    return np.clip(pixels, 0, 1)


def _result_type(dtype: np.dtype) -> type | np.dtype:
    return dtype if dtype in (np.uint8, np.uint16, np.float64) else np.float32


def _apply(matrix: csr_array, pixels: NDArray, axis: int) -> NDArray:
    """Multiply one axis by a sparse (out, in) matrix."""
    lines = np.moveaxis(pixels, axis, 0)
    resized = matrix @ lines.reshape(lines.shape[0], -1)
    return np.moveaxis(resized.reshape(-1, *lines.shape[1:]), 0, axis)


@lru_cache(maxsize=256)
def _weights(length: int, numerator: int, denominator: int) -> csr_array:
    """Resizing of a line of ``length`` pixels as a sparse matrix (out, length) whose rows sum to 1.

    The centre of output pixel i lies at (i + 1/2) * scale - 1/2 in input pixels; taps beyond the border read
    the outermost pixel.
    """
    scale = denominator / numerator
    stretch = max(scale, 1.0)
    out = length * numerator // denominator
    centres = (np.arange(out) + 0.5) * scale - 0.5
    first = np.floor(centres - 2 * stretch).astype(np.int64)
    taps = first[:, None] + np.arange(int(np.ceil(4 * stretch)) + 2)
    weights = _cubic((centres[:, None] - taps) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    columns = np.clip(taps, 0, length - 1)
    rows = np.broadcast_to(np.arange(out)[:, None], taps.shape)
    return csr_array((weights.ravel(), (rows.ravel(), columns.ravel())), shape=(out, length))


def _cubic(x: NDArray) -> NDArray:
    """Keys' cubic convolution kernel with a = -0.5 (IEEE Trans. ASSP 29(6), 1981, equation 15)."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x**2 + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))
