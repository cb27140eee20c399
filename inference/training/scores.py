"""What a sampler's pictures are held against: scores that an honest distribution wins, not a blurred mean.

A plain L1 or L2 towards the truth is smallest for one picture, the median or mean, and ends diversity. The energy
score takes two samples and pays for their distance: it is smallest, on average, when samples are distributed like the
truth (Gneiting and Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", 2007, section 4.2). Here it
is taken of squares of pixels, and of their gradients at several scales.
"""

from __future__ import annotations

import torch
from torch.nn import functional

SCALES = 3  # of gradients: full size, half, quarter
TINY = 1e-6  # under roots, whose slope is infinite at 0


def distance(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Root mean square over the channels (B, C, h, w), averaged over the places."""
    return ((one - other).square().mean(dim=1) + TINY).sqrt().mean()


def energy(first: torch.Tensor, second: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Energy score of two independent samples of the same distribution, all (B, C, h, w)."""
    return (distance(first, truth) + distance(second, truth) - distance(first, second)) / 2


def slopes(images: torch.Tensor) -> list[torch.Tensor]:
    """Differences to the neighbours below and to the right (B, 2C, h, w), at full, half and quarter size."""
    found = []
    for level in range(SCALES):
        small = functional.avg_pool2d(images, 2**level) if level else images
        across = functional.pad(small.diff(dim=3), (0, 1))
        down = functional.pad(small.diff(dim=2), (0, 0, 0, 1))
        found.append(torch.cat([across, down], dim=1))
    return found


def texture(images: torch.Tensor) -> torch.Tensor:
    """Means and deviations over the image of what 4 x 4 cosine filters answer, at two scales: (B, 2 * 2 * 15 * C).

    Stands in for the statistics of a downloaded network's features in the paper's style term (equation 17).
    """
    batch, channels = images.shape[:2]
    filters = _cosines(images)
    numbers = []
    for level in range(2):
        small = functional.avg_pool2d(images, 2**level) if level else images
        answers = functional.conv2d(small.reshape(batch * channels, 1, *small.shape[2:]), filters, stride=2)
        answers = answers.reshape(batch, -1, answers.shape[2] * answers.shape[3])
        deviation = (answers.var(dim=2, unbiased=False) + TINY).sqrt()
        numbers += [answers.mean(dim=2), deviation]
    return torch.cat(numbers, dim=1)


def _cosines(like: torch.Tensor) -> torch.Tensor:
    """The 15 orthonormal cosine filters of 4 x 4 pixels that answer 0 to a constant: (15, 1, 4, 4)."""
    places = torch.arange(4, dtype=torch.float64) + 0.5
    waves = torch.stack([(torch.pi / 4 * order * places).cos() for order in range(4)])
    waves = waves / waves.norm(dim=1, keepdim=True)
    squares = torch.einsum("ay,bx->abyx", waves, waves).reshape(16, 1, 4, 4)
    return squares[1:].to(like)
