"""The registry of sampler families, and the one way to get a sampler that is ready to draw.

Importing this package does not import torch: the web process reads names and settings from here. Packages outside
this repository add a family by an entry point in the group ``trustsr.samplers`` that names a `Family`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.samplers.settings import SamplerSettings, SettingsError
from inference.threads import wait_passively

if TYPE_CHECKING:
    from inference.samplers.base import Sampler

__all__ = ["Family", "Sampler", "SamplerSettings", "SettingsError", "families", "load", "names", "settings_class"]

GROUP = "trustsr.samplers"

wait_passively()


@dataclass(frozen=True)
class Family:
    """A kind of sampler: what people read, and where its two classes are, as ``module:Class``."""

    label: str
    settings: str
    sampler: str


FAMILIES = {  # in the order in which people are offered them: first the one of "Trustworthy SR"
    "ldm": Family(
        label="Latent diffusion (LDM)",
        settings="inference.samplers.ldm.settings:LatentDiffusionSettings",
        sampler="inference.samplers.ldm.sampler:LatentDiffusionSampler",
    ),
    "resshift": Family(
        label="Residual shifting (ResShift)",
        settings="inference.samplers.resshift.settings:ResShiftSettings",
        sampler="inference.samplers.resshift.sampler:ResShiftSampler",
    ),
    "srdiff": Family(
        label="Residual diffusion (SRDiff)",
        settings="inference.samplers.srdiff.settings:SRDiffSettings",
        sampler="inference.samplers.srdiff.sampler:SRDiffSampler",
    ),
    "lddpm": Family(
        label="Latent feature diffusion (after LDDPM)",
        settings="inference.samplers.lddpm.settings:LatentFeatureSettings",
        sampler="inference.samplers.lddpm.sampler:LatentFeatureSampler",
    ),
    "sd_x4": Family(
        label="Latent upscaler (Stable Diffusion x4)",
        settings="inference.samplers.sd_x4.settings:LatentUpscalerSettings",
        sampler="inference.samplers.sd_x4.sampler:LatentUpscaler",
    ),
}


@lru_cache(maxsize=1)
def families() -> dict[str, Family]:
    """All families by name: those of this package, then registered ones under names that are still free."""
    found = {point.name: point.load() for point in entry_points(group=GROUP)}
    return {**FAMILIES, **{name: family for name, family in found.items() if name not in FAMILIES}}


def names() -> list[str]:
    """Names of all families, in alphabetical order."""
    return sorted(families())


def settings_class(name: str) -> type[SamplerSettings]:
    """The settings of a family, without importing torch; SettingsError for an unknown name."""
    return _resolve(_family(name).settings)


def load(sampler: str, weights: str | Path, device: str = "cpu", *, folders: Iterable[Path | str] = ()) -> Sampler:
    """Load a sampler with its weights onto a device.

    device: of torch, or "auto" for the best there is
    weights: a name such as "digits", looked up in what ships and then in ``folders`` (each with
        ``<sampler>/<name>.safetensors``), or the path of a .safetensors file with its .json beside it

    Raises SettingsError for an unknown sampler and WeightsError for weights that are missing, altered, or made
    for another network.
    """
    family = _family(sampler)
    from inference.samplers.device import chosen
    from inference.samplers.files import locate

    return _resolve(family.sampler).load(locate(sampler, weights, folders), chosen(device))


def _family(name: str) -> Family:
    try:
        return families()[name]
    except KeyError:
        raise SettingsError(f"There is no sampler {name!r}: choose one of {', '.join(names())}.") from None


def _resolve(path: str) -> Any:
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)
