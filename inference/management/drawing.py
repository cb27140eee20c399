"""What commands have in common that draw samples into a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError

from inference.core.weights import sha256_of
from inference.sample_folder import MANIFEST, check_free
from inference.version import code_version


class DrawingCommand(BaseCommand, ABC):
    """Options for number, seed, folder and device; errors as one sentence. ``COUNT``: how many samples by default."""

    COUNT: ClassVar[int] = 5

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, default=self.COUNT, help=f"number of samples (default {self.COUNT})")
        parser.add_argument("--seed", type=int, default=0, help="seed of the first sample; the next have the next")
        parser.add_argument("--output", type=Path, required=True, help="folder for the files; made when missing")
        parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["count"] < 1:
            raise CommandError(f"The number of samples must be at least 1, not {options['count']}.")
        try:
            check_free(options["output"])
            manifest = self.draw(options)
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {error.filename}.") from error
        except (OSError, ValueError, RuntimeError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {len(manifest['samples'])} samples and {MANIFEST} into {options['output']}")

    @abstractmethod
    def draw(self, options: dict[str, Any]) -> dict[str, Any]:
        """Draw and write the samples; returns the manifest."""


def facts(sampler: Any, family: str, weights: str, low_res: Path, chosen: Any) -> dict[str, Any]:
    """What a manifest says of samples that ``sampler`` draws of an image with the settings ``chosen``."""
    return {
        "low_res_sha256": sha256_of(low_res),
        "sampler": family,
        "weights": weights,
        "weights_sha256": sampler.weights_sha256,
        "scale": sampler.scale,
        "settings": chosen.as_mapping(),
        "arithmetic": sampler.arithmetic(chosen),
        "code_version": code_version(),
    }
