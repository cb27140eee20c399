"""The Swin U-Net: published size, window attention pixel by pixel, and which sizes it takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from inference.samplers import resshift
from inference.samplers.resshift.network import LatentShifting, PixelShifting, SwinUNet, networks
from inference.samplers.resshift.swin import SwinBlock, from_windows, relative_positions, to_windows, wrapping_mask
from tests.inference.samplers.tiny import resshift_config

OFFICIAL = json.loads((Path(resshift.__file__).parent / "official.json").read_text())


def images(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def unet(**changes) -> SwinUNet:
    torch.manual_seed(0)
    network = SwinUNet(**{**resshift_config()["unet"], **changes})
    for block in network.modules():
        if hasattr(block, "conv2"):
            torch.nn.init.normal_(block.conv2.weight, std=0.05)
    return network.eval()


def test_the_official_network_has_the_published_size():
    """118.59 M parameters (table 2 of the paper) in 564 tensors, 24 of which are buffers that we compute.

    The VQ-f4 autoencoder is that of latent diffusion, 55.322782 M.
    """
    with torch.device("meta"):
        both = networks(OFFICIAL)
    assert sum(value.numel() for value in both.unet.parameters()) == 118_593_583
    assert len(both.unet.state_dict()) == 564 - 24
    assert sum(value.numel() for value in both.autoencoder.parameters()) == 55_322_782


def test_windows_are_cut_row_by_row_and_put_back():
    numbered = torch.arange(24.0).reshape(1, 1, 4, 6)
    windows = to_windows(numbered, 2)
    assert windows.shape == (1, 6, 4, 1)
    assert windows[0, 1, :, 0].tolist() == [2, 3, 8, 9]
    assert torch.equal(from_windows(windows, 2, 4, 6), numbered)


def test_each_offset_has_its_own_row_of_the_bias_table():
    positions = relative_positions(3)
    assert positions.unique().tolist() == list(range(25))
    assert positions[4, 4] == 12  # no offset: the middle of 5 x 5
    assert positions[0, 8] == 0
    assert positions[0, 1] == positions[7, 8] == positions[4, 5]


def test_pixels_see_their_window_alone():
    """One pixel is changed: without a shift, its window changes and no other pixel."""
    block = SwinBlock(32, 2, 4, 0, 1).eval()
    block.norm_attention, block.norm_mix = torch.nn.Identity(), torch.nn.Identity()
    one = images(1, 32, 8, 8)
    other = one.clone()
    other[0, :, 5, 1] += 1
    with torch.no_grad():
        changed = (block(one) - block(other)).abs().sum(1)[0] > 1e-6
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[4:8, 0:4] = True
    assert torch.equal(changed, expected)


def test_shifted_windows_do_not_reach_around_the_image():
    """Moved by 2, the first window begins at 2, and what is before it sees itself, not the other end of the image."""
    block = SwinBlock(32, 2, 4, 2, 1).eval()
    block.norm_attention, block.norm_mix = torch.nn.Identity(), torch.nn.Identity()
    one = images(1, 32, 8, 8)
    corner, inside = one.clone(), one.clone()
    corner[0, :, 0, 0] += 1
    inside[0, :, 3, 4] += 1
    with torch.no_grad():
        by_corner = (block(one) - block(corner)).abs().sum(1)[0] > 1e-6
        by_inside = (block(one) - block(inside)).abs().sum(1)[0] > 1e-6
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[0:2, 0:2] = True
    assert torch.equal(by_corner, expected)
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[2:6, 2:6] = True
    assert torch.equal(by_inside, expected)


def test_the_mask_is_100_between_the_ends_of_the_image():
    """Swin Transformer's masked value. 8 x 8 in windows of 4 moved by 2: the first of four windows has no ends."""
    mask = wrapping_mask(8, 8, 4, 2)
    assert mask.shape == (4, 16, 16)
    assert mask.unique().tolist() == [-100, 0]
    assert [int((window < 0).sum()) for window in mask] == [0, 128, 128, 192]


@pytest.mark.parametrize(
    ("size", "window", "windows", "shifts", "multiple"),
    [
        (64, 8, [8, 8, 8, 8], [4, 4, 4, 0], 64),
        (8, 8, [8, 4, 2, 1], [0] * 4, 8),
        (16, 4, [4, 4, 4, 2], [2, 2, 0, 0], 16),
    ],
)
def test_levels_no_larger_than_a_window_are_one(size, window, windows, shifts, multiple):
    swin = {"width": 32, "heads": 1, "window": window, "depth": 2, "mlp_ratio": 1}
    network = unet(channels=[32] * 4, size=size, swin=swin)
    assert [level.swin.blocks[1].window for level in network.down] == windows
    assert [level.swin.blocks[1].shift for level in network.down] == shifts
    assert network.multiple == multiple


def test_it_takes_every_multiple_and_knows_the_time():
    network = unet()
    with torch.no_grad():
        for height, width in ((8, 8), (16, 16), (8, 24)):
            state = images(2, 4, height, width)
            early, late = network(state, torch.tensor([0, 0])), network(state, torch.tensor([3, 3]))
            assert early.shape == (2, 3, height, width)
            assert not torch.allclose(early, late)


def test_a_picture_does_not_depend_on_its_neighbours():
    network, states, steps = unet(), images(3, 4, 16, 16), torch.tensor([1, 2, 3])
    with torch.no_grad():
        assert torch.allclose(network(states, steps)[1:2], network(states[1:2], steps[1:2]), atol=1e-5)


def test_gradients_reach_every_parameter():
    network = unet().train()
    network(images(1, 4, 16, 16), torch.tensor([2])).square().mean().backward()
    assert [name for name, value in network.named_parameters() if value.grad is None or not value.grad.any()] == []


def test_the_space_follows_from_the_config():
    latent, pixel = networks(resshift_config()), networks(resshift_config(space="pixel"))
    assert isinstance(latent, LatentShifting)
    assert isinstance(pixel, PixelShifting)
    low = images(1, 1, 8, 8).clamp(-1, 1)
    assert latent.shifted(low).shape == (1, 3, 8, 8)
    assert torch.equal(latent.condition(low), low)
    assert pixel.shifted(low).shape == pixel.condition(low).shape == (1, 1, 32, 32)


def test_low_resolution_images_are_enlarged_by_the_kernel_of_the_official_program():
    """torch's bicubic kernel, a = -0.75 (MATLAB's has -0.5): before a step, it gives its value at 1.25 pixels."""
    step = torch.tensor([[0.0, 0.0, 1.0, 1.0]]).repeat(4, 1)[None, None]
    enlarged = networks({**resshift_config(space="pixel"), "scale": 2}).shifted(step)
    assert enlarged[0, 0, 2, 2].item() == pytest.approx(-0.75 * (1.25**3 - 5 * 1.25**2 + 8 * 1.25 - 4))


def test_larger_states_than_the_low_resolution_image_get_it_enlarged():
    """x8 with f = 4: two latent pixels per pixel."""
    network = networks({**resshift_config(), "scale": 8})
    low = images(1, 1, 4, 4)
    assert network.shifted(low).shape == (1, 3, 8, 8)
    assert network.condition(low).shape == (1, 1, 8, 8)
