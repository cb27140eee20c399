"""A small network that reads digits: the measure of legibility, and the eyes of simulated participants.

Trained on real digits only, never on drawn samples. Three kinds: ``high`` reads pictures of up to 32x32 pixels;
``low`` reads their 7x7 to 8x8 low-resolution images, ``x8`` those of 4x4, and both say how much these still tell.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

from inference.core.degradation import downscale
from inference.core.images import to_uint8
from inference.core.weights import check_name, find
from inference.samplers.device import low_precision
from inference.training.card import command_line, machine_class, write_card
from inference.training.checkpoints import begin
from inference.training.data import DigitPictures, Digits, Pair, load_digits
from inference.training.degrade import lower_resolution
from inference.training.log import keep
from inference.training.loops import Progress, Stage, run_stage, seed_everything
from inference.training.output import write_weights

Kind = Literal["high", "low", "x8"]
FRAME: dict[Kind, int] = {"high": 32, "low": 8, "x8": 4}
STEPS: dict[Kind, int] = {"high": 3_500, "low": 4_000, "x8": 4_000}
SUFFIX: dict[Kind, str] = {"high": "", "low": "-low", "x8": "-x8"}
BATCH = 128


class Reader(nn.Module):
    """Convolutions that halve 32 pixels three times (kind ``high``), 8 once (``low``), 4 never; one linear layer."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind: Kind = kind
        halve = [nn.MaxPool2d(2)]
        if kind == "high":
            layers = [*_block(1, 24), *halve, *_block(24, 48), *_block(48, 48), *halve]
        else:
            layers = [*_block(1, 48), *_block(48, 48)]
        last = [] if kind == "x8" else halve
        self.features = nn.Sequential(*layers, *_block(48, 72), *last, *_block(72, 72))
        self.answer = nn.Linear(72 * 16, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (B, 10) of framed images (B, 1, F, F) in [0, 1], F = 32, 8 or 4."""
        return self.answer(functional.dropout(self.features(images).flatten(1), 0.3, self.training))


def _block(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def read(images: NDArray[np.floating], kind: Kind = "high") -> NDArray[np.float32]:
    """What the reader that ships makes of images (N, H, W, C) in [0, 1]: probabilities (N, 10) of the ten digits.

    ``high`` takes up to 32 x 32 pixels, ``low`` up to 8 x 8, ``x8`` 4 x 4; larger images raise ValueError.
    """
    return probabilities(load_reader(kind), images)


@lru_cache(maxsize=3)
def load_reader(kind: Kind) -> Reader:
    """The reader that ships, verified by sha256."""
    file = find("reader", f"digits{SUFFIX[kind]}")
    reader = Reader(kind)
    tensors = {
        name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in load_file(file.path).items()
    }
    reader.load_state_dict(tensors, strict=True)
    return reader.eval()


@torch.inference_mode()
def probabilities(reader: Reader, images: NDArray[np.floating], *, batch: int = 256) -> NDArray[np.float32]:
    """What a reader makes of images (N, H, W, C) in [0, 1]: float32 (N, 10), rows sum to 1."""
    framed = frame_images(images, FRAME[reader.kind])
    return torch.cat([reader(part).softmax(dim=1) for part in framed.split(batch)]).numpy()


def frame_images(images: NDArray[np.floating], frame: int) -> torch.Tensor:
    """Images (N, H, W, C) in [0, 1] as grey (N, 1, frame, frame), centred on black.

    Raises ValueError for images larger than the frame.
    """
    height, width = images.shape[1:3]
    if max(height, width) > frame:
        raise ValueError(f"The reader takes images of up to {frame} x {frame} pixels, not {width} x {height}.")
    grey = torch.from_numpy(np.ascontiguousarray(images.mean(axis=3, dtype=np.float32))).unsqueeze(1)
    top, left = (frame - height) // 2, (frame - width) // 2
    return functional.pad(grey, (left, frame - width - left, top, frame - height - top))


def train_reader(
    kind: Kind,
    digits: Digits,
    folder: Path,
    *,
    steps: int,
    seconds: float | None = None,
    device: str = "cpu",
    resume: bool = False,
) -> tuple[Reader, Progress]:
    """Train a reader on varied real digits; returns the averaged network and how far it came."""
    pictures = DigitPictures(digits, device)
    seed_everything(1)
    reader = Reader(kind).to(device)

    def loss_of(step: int, generator: torch.Generator) -> torch.Tensor:
        if kind == "high":
            pair = pictures.batch(BATCH, generator)
            images = pair.high
        elif kind == "x8":  # three of four batches as held-out digits are shown: in the middle, unvaried
            pair = pictures.batch(BATCH, generator, factor=8) if step % 4 == 0 else _unvaried(pictures, generator)
            images = pair.low
        else:  # three of four batches as 7x7, which is what MNIST digits become
            pair = pictures.batch(BATCH, generator, frame=32 if step % 4 == 0 else 28)
            images = functional.pad(pair.low, (0, 8 - pair.low.shape[3], 0, 8 - pair.low.shape[2]))
        with low_precision(images.device):
            logits = reader(images)
        return functional.cross_entropy(logits.float(), pair.labels, label_smoothing=0.05)

    stage = Stage(f"reader_{kind}", steps, 3e-3, 0.998, 100, seconds)
    average, progress = run_stage(stage, reader, loss_of, folder, resume=resume)
    assert isinstance(average, Reader)
    return average, progress


def _unvaried(pictures: DigitPictures, generator: torch.Generator) -> Pair:
    """Digits in the middle of 32 x 32 pixels and their images of 4 x 4."""
    digits, labels = pictures.pick(BATCH, generator)
    high = functional.pad(digits, (2, 2, 2, 2))
    return Pair(high, lower_resolution(high, torch.zeros(len(high), dtype=torch.bool, device=high.device), 8), labels)


def train(
    *,
    output: Path,
    name: str,
    minutes: float | None = None,
    device: str = "cpu",
    data: Path | None = None,
    resume: bool = False,
    command: str | None = None,
    kinds: Sequence[Kind] = tuple(SUFFIX),
) -> Path:
    """Train the kinds and write ``<name>``, ``<name>-low`` and ``<name>-x8``; see `inference.training.train`."""
    for kind in kinds:
        check_name(output, "reader", f"{name}{SUFFIX[kind]}")
    digits, kept_out = load_digits(data).split()
    seconds = None if minutes is None else 60 * minutes / len(kinds)
    paths = []
    checkpoints = output / "reader" / f"{name}.training"
    begin(checkpoints, {"sampler": "reader", "recipe": "digits", "data": digits.fingerprint}, resume=resume)
    command = command or command_line(
        "reader", "digits", name=name, minutes=minutes, device=device, data=data, output=output
    )
    for kind in kinds:
        reader, progress = train_reader(
            kind, digits, checkpoints, steps=STEPS[kind], seconds=seconds, device=device, resume=resume
        )
        accuracy = held_out_accuracy(reader.cpu(), kept_out)
        card = _card(f"reader/{name}{SUFFIX[kind]}", digits, progress, device, accuracy, command)
        config = {"sampler": "reader", "kind": kind, "frame": FRAME[kind]}
        paths.append(write_weights(reader, config, card, output, f"{name}{SUFFIX[kind]}"))
    keep(checkpoints, paths[0])
    shutil.rmtree(checkpoints)
    return paths[0]


def held_out_accuracy(reader: Reader, digits: Digits) -> float:
    """Share of digits read right: as they are (``high``), or as their images of 7x7 (``low``) or 4x4 (``x8``)."""
    images = digits.images[..., None] / np.float32(255)
    if reader.kind == "x8":
        images = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    if reader.kind != "high":
        images = to_uint8(downscale(images, 4 if reader.kind == "low" else 8)) / np.float32(255)
    return float((probabilities(reader, images).argmax(axis=1) == digits.labels).mean())


def _card(title: str, digits: Digits, progress: Progress, device: str, accuracy: float, command: str) -> str:
    facts = {
        "data": f"{digits.source}; {len(digits.images):,} images were shown; varied as for `ldm digits`",
        "licence of the data": digits.licence,
        "licence of the weights": "Apache-2.0",
        "steps": f"{progress.step:,} x {BATCH}",
        "minutes": f"{progress.seconds / 60:.0f} on {machine_class(device)}",
        "command": command,
    }
    purpose = (
        "Reads single digits. Measures whether drawn samples are legible, and stands in for the eyes of simulated "
        "participants. No replacement for people."
    )
    return write_card(title, purpose, facts, f"Digits never trained on, read right: {100 * accuracy:.2f} %.")
