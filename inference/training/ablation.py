"""The ablation of LDDPM: the same recipe with its parts added one after the other, as in tables 6 to 8 of the paper.

Wang et al., 2023, section 4.4. Every variant has the same time, data and seed; what differs is what is switched on.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from inference.core.weights import sha256_of
from inference.evaluation.running import Entry
from inference.samplers.files import locate
from inference.samplers.lddpm.sampler import LatentFeatureSampler
from inference.training.card import machine_class, write_card
from inference.training.lddpm import FULL, train_networks
from inference.training.output import write_weights
from inference.training.pictures import Pictures

FAMILY = "lddpm"
PARTS = {
    "stacked": (),
    "attention": ("use_attention",),
    "cvae": ("use_cvae",),
    "glow": ("use_glow",),
    "gan": ("use_gan",),
    "content": ("use_content",),
    "style": ("use_style",),
}
TABLES = (
    "Table 6 of the paper is `stacked`, `attention`, `cvae`; table 7 is `cvae`, `glow`, `gan`; table 8 is `gan`, "
    "`content`, `style`. Each row has all parts of the rows before it; `style` is the whole method."
)


def variants() -> dict[str, dict[str, bool]]:
    """The switches of each variant by its name, from the bare network to the whole method."""
    found, on = {}, dict.fromkeys(FULL, False)
    for name, parts in PARTS.items():
        on = {**on, **dict.fromkeys(parts, True)}
        found[name] = on
    return found


def train_variants(
    recipe: str, pictures: Pictures, output: Path, *, minutes: float, device: str, resume: bool
) -> Iterator[Entry]:
    """Train one variant after the other, store it below ``output`` and hand it out, ready to be evaluated.

    resume: take variants that are stored already, and go on from the checkpoint of the one that is not
    """
    for name, switches in variants().items():
        path = output / FAMILY / f"{name}.safetensors"
        if not (resume and path.is_file()):
            checkpoints = output / FAMILY / f"{name}.training"
            trained = train_networks(
                recipe, pictures, checkpoints, seconds=60 * minutes, device=device, resume=resume, switches=switches
            )
            facts = {
                "switched on": ", ".join(part for part, on in switches.items() if on) or "nothing",
                **pictures.facts,
                "steps": ", ".join(f"{stage.name} {stage.steps:,} x {stage.batch}" for stage in trained.stages),
                "minutes": f"{minutes:g} on {machine_class(device)}",
            }
            card = write_card(f"{FAMILY}/{name}", "One row of an ablation; not for use.", facts)
            path = write_weights(trained.networks, trained.config, card, output, name)
            shutil.rmtree(checkpoints, ignore_errors=True)
        sampler = LatentFeatureSampler.load(locate(FAMILY, path), device)
        assert sampler.weights_sha256 == sha256_of(path)
        yield Entry(FAMILY, name, sampler, sampler.Settings())
