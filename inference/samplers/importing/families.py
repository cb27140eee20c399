"""What a family knows of its official checkpoints: the module ``official`` in its folder, beside its sampler.

``convert(tensors)`` gives the config and the tensors of the family's own networks, or raises WeightsError naming what
it cannot place, and of several sets (averaged weights) takes one; it takes a second mapping ``autoencoder`` where that
is a file of its own. Families may also have ``options(file_name)``, what a file's name tells ``convert`` in keywords,
and ``LICENCE``: name, address, facts.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import NamedTuple

from inference import samplers
from inference.core.weights import WeightsError


class Licence(NamedTuple):
    """Under which terms the official weights may be used: name, address, and one or two sentences of facts."""

    name: str
    url: str
    summary: str

    def __str__(self) -> str:
        return f"{self.name} ({self.url}): {self.summary}"


UNKNOWN = Licence("unknown licence", "no address known", "Ask whoever made these weights before you use them.")


def official(sampler: str) -> ModuleType:
    """The family's module for official checkpoints; SettingsError or WeightsError where there is none."""
    samplers.settings_class(sampler)  # refuses unknown names
    package = samplers.families()[sampler].sampler.partition(":")[0].rpartition(".")[0]
    name = f"{package}.official"
    if not package or find_spec(name) is None:
        raise WeightsError(f"There are no official checkpoints of the sampler {sampler!r}: train weights instead.")
    return import_module(name)


def licence(sampler: str) -> Licence:
    """What is known of the licence of a family's official checkpoints."""
    return Licence(*getattr(official(sampler), "LICENCE", UNKNOWN))
