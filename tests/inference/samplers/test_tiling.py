"""Windows over large images: a local network gives the same picture in windows and in one piece."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch.nn import functional

from inference.samplers.tiling import starts, tiled


def blur(tensor: torch.Tensor) -> torch.Tensor:
    return functional.avg_pool2d(functional.pad(tensor, (1, 1, 1, 1), mode="replicate"), 3, stride=1)


@pytest.mark.parametrize(("length", "window", "overlap"), [(64, 64, 16), (65, 64, 16), (200, 64, 16), (130, 64, 0)])
def test_windows_cover_everything_and_overlap(length, window, overlap):
    places = starts(length, window, overlap)
    assert places[0] == 0
    assert places[-1] + min(window, length) == length
    assert all(after - before <= window - overlap for before, after in pairwise(places))


def test_a_small_image_is_given_as_it_is():
    seen = []
    image = torch.rand(2, 3, 20, 30)
    result = tiled(lambda part: seen.append(part.shape) or part, [image], 32, 8)
    assert seen == [image.shape]
    assert torch.equal(result, image)


def test_a_pixelwise_function_does_not_notice_windows():
    image = torch.rand(1, 2, 50, 70)
    assert torch.allclose(tiled(lambda part: part * 2 + 1, [image], 24, 8), image * 2 + 1, atol=1e-6)


def test_a_network_that_sees_its_neighbours_leaves_no_seam():
    image = torch.rand(1, 1, 60, 60)
    whole, windows = blur(image), tiled(blur, [image], 24, 8)
    # At a window's edge the blur repeats pixels; there the weight is a sixteenth, so that little of it is left.
    assert (whole - windows).abs().max() < 0.05
    alone = tiled(blur, [image], 24, 0)
    assert (whole - windows).abs().max() < 0.5 * (whole - alone).abs().max()


def test_all_tensors_are_cut_alike_and_the_result_may_be_larger():
    first, second = torch.rand(1, 2, 40, 33), torch.rand(1, 1, 40, 33)

    def enlarge(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return functional.interpolate(a[:, :1] + b, scale_factor=4, mode="nearest")

    result = tiled(enlarge, [first, second], 16, 4, factor=4)
    assert torch.allclose(result, enlarge(first, second), atol=1e-6)
