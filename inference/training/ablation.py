"""The ablation of LDDPM: the same recipe with its parts added one after the other, as in tables 6 to 8 of the paper.

Wang et al., 2023, section 4.4. Every variant has the same time, data and seed; what differs is what is switched on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from inference.core.weights import SUFFIX
from inference.evaluation.running import Entry
from inference.samplers.files import locate
from inference.samplers.lddpm.sampler import LatentFeatureSampler
from inference.training import Collapsed
from inference.training.card import machine_class, write_card
from inference.training.checkpoints import begin, check_same
from inference.training.lddpm import FULL, train_networks
from inference.training.output import write_json, write_weights
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
) -> tuple[list[Entry], dict[str, str]]:
    """Train one variant after the other and store it below ``output``.

    Gives those that can be evaluated, and of those that collapsed the names with what is to be said of them.

    resume: take variants that are stored already, and go on from the checkpoint of the one that is not; without it,
        all that an earlier ablation has left is thrown away
    Raises TrainingError for what another ablation has left: of other pictures, another recipe or other minutes.
    """
    run = {"recipe": recipe, "data": pictures.fingerprint, "minutes": minutes}
    paths = {name: output / FAMILY / f"{name}{SUFFIX}" for name in PARTS}
    stored = {name: _stored(path, run) if resume else _clear(path) for name, path in paths.items()}
    entries, collapsed = [], {}
    for name, switches in variants().items():
        config = stored[name] or _train(recipe, pictures, paths[name], run, device, resume, switches)
        if "collapsed" in config:
            collapsed[f"{FAMILY}/{name}"] = config["collapsed"]
        else:
            sampler = LatentFeatureSampler.load(locate(FAMILY, paths[name]), device)
            entries.append(Entry(FAMILY, name, sampler, sampler.Settings()))
    return entries, collapsed


def with_collapsed(rows: Sequence[Sequence[str]], collapsed: Collection[str]) -> list[list[str]]:
    """The table of results with a column, in its place, for each variant that has none."""
    columns = {name: values for name, *values in zip(*rows, strict=True)}
    none = ["collapsed", *["–"] * (len(rows) - 2)]
    order = ["", *(f"{FAMILY}/{name}" for name in PARTS)]
    found = [[name, *(none if name in collapsed else columns[name])] for name in order]
    return [list(row) for row in zip(*found, strict=True)]


def _train(
    recipe: str,
    pictures: Pictures,
    path: Path,
    run: dict[str, Any],
    device: str,
    resume: bool,
    switches: Mapping[str, bool],
) -> dict[str, Any]:
    """Train one variant and store it, or that it collapsed: with its fixed seed it would again."""
    checkpoints = path.with_suffix(".training")
    begin(checkpoints, {**run, "variant": path.stem}, resume=resume)
    config: dict[str, Any] = {"sampler": FAMILY, "run": run}
    try:
        trained = train_networks(
            recipe, pictures, checkpoints, seconds=60 * run["minutes"], device=device, resume=resume, switches=switches
        )
        facts = {
            "switched on": ", ".join(part for part, on in switches.items() if on) or "nothing",
            **pictures.facts,
            "steps": ", ".join(f"{stage.name} {stage.steps:,} x {stage.batch}" for stage in trained.stages),
            "minutes": f"{run['minutes']:g} on {machine_class(device)}",
        }
        card = write_card(f"{FAMILY}/{path.stem}", "One row of an ablation; not for use.", facts)
        config |= trained.config
        write_weights(trained.networks, config, card, path.parents[1], path.stem)
    except Collapsed as error:
        config["collapsed"] = str(error)
        write_json(path.with_suffix(".json"), config)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return config


def _stored(path: Path, run: Mapping[str, Any]) -> dict[str, Any]:
    """What an interrupted run of the same ablation says of a variant that it finished, or nothing."""
    file = path.with_suffix(".json")
    if not file.is_file():
        return {}
    config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    check_same(file, config.get("run", {}), run)
    return config


def _clear(path: Path) -> dict[str, Any]:
    shutil.rmtree(path.with_suffix(".training"), ignore_errors=True)
    for ending in (".json", ".md", SUFFIX):
        path.with_suffix(ending).unlink(missing_ok=True)
    return {}
