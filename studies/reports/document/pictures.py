"""The pictures and maps of one item, read by their content when a renderer comes to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any

import numpy as np
from django.core.files.storage import storages

from inference import store
from inference.core import ensembling
from inference.core.degradation import upscale
from inference.core.images import encode_png, read_image, read_uint8, to_uint8
from studies.reports.blocks import Picture, Pictures, Scale
from studies.reports.colours import RESIDUAL_SCALE, SPREAD_SCALE, colour_map, one_channel
from studies.reports.naming import WORDS
from studies.reports.source import Source, listed
from studies.results import MADE, EnsembleResult, ItemResults, RatedPicture
from studies.services.ordering import subsets

SPREAD = Scale(SPREAD_SCALE, "standard deviation, where 1 is white minus black")
RESIDUAL = Scale(RESIDUAL_SCALE, "absolute difference, where 1 is white minus black")
#: Pixels of the longer side that are shown. More would make the file of a large study too large to be sent.
MOST = 512
ROW = 5  # pictures beside each other
NAMED = 8  # samples of one picture that are named
TRUTH = "reference"

Read = Callable[[], bytes]


class Shown:
    """What can be shown of one item, as pictures of the size of its samples."""

    def __init__(self, source: Source, item: ItemResults) -> None:
        self._source = source
        self._item = item
        scale = source.results.protocol.scale
        self._size = item.width * scale, item.height * scale
        told = item.truth_sha256 and source.results.state == "closed"
        self._truth = _stored(item.truth_sha256, "truth") if told and item.truth_sha256 else None

    def compared(self) -> Iterator[Picture]:
        """The LR image, what is made of it without people, the ensemble, and the truth once the study is closed."""
        item = self._item
        yield self._picture("LR image", "The low-resolution image, each pixel enlarged to a square", self._low_res)
        yield self._picture("Bicubic", "The low-resolution image enlarged by bicubic interpolation", self._bicubic)
        for name, sha256 in self._source.methods.get(item.position, {}).items():
            yield self._picture(name, f"The result of {name}", _stored(sha256, "methods"))
        if item.evaluation.state == MADE:
            yield from self._made()
        if self._truth:
            yield self._picture("Truth", "The true picture, hidden from participants", self._truth)

    def _made(self) -> Iterator[Picture]:
        draw = self._random_draw()
        one = self._item.samples[draw[0]]
        told = f"A sample drawn at random, number {one.index}"
        yield self._picture(f"Random sample, {one.index}", told, _stored(one.sha256, "samples"))
        told = f"The mean of the random samples {', '.join(map(str, draw))}"
        yield self._picture(f"Random control, mean of {len(draw)}", told, self._control)
        assert self._item.evaluation.ensemble is not None
        n = len(self._item.selection.chosen)
        yield self._ensemble(f"Ensemble, top {n}", "The voted ensemble", self._item.evaluation.ensemble)

    def readings(self) -> Iterator[Picture]:
        """The ensembles of each label and by parts of the picture."""
        for one in self._item.evaluation.variants.variants:
            if one.label:
                told = f"The ensemble of those who saw “{one.label}”"
                ballots = next(share.count for share in self._item.label_shares if share.label == one.label)
                caption = f"If “{one.label}”, top {len(one.samples)} of {ballots} ballot{'s' * (ballots != 1)}"
                yield self._ensemble(caption, told, one.ensemble)
            elif one.key == "regions":
                yield self._ensemble("By part of the image", "The ensemble chosen part by part", one.ensemble)

    def maps(self) -> Iterator[Picture]:
        """Spread over the chosen and over all, and what the ensemble leaves of the LR image."""
        ensemble = self._item.evaluation.ensemble
        if ensemble is None:
            return
        pool = next((one.ensemble for one in self._item.evaluation.variants.variants if one.key == "pool"), None)
        chosen = f"Spread over the {len(self._item.selection.chosen)} chosen"
        yield from self._map(chosen, ensemble.spread_sha256, SPREAD)
        yield from self._map("Spread over all candidates", pool.spread_sha256 if pool else "", SPREAD)
        yield from self._map("LR residual of the ensemble", ensemble.residual_sha256, RESIDUAL)

    def rated(self) -> Iterator[Picture]:
        """The pictures that were rated, each with what it is made of; the truth once the study is closed."""
        phase = self._source.results.rating
        for one in phase.stimuli if phase else ():
            if one.item != self._item.position:
                continue
            told = f"A picture that was rated: {WORDS.get(one.condition, one.condition)}"
            if one.kind != TRUTH:
                yield self._picture(made_of(one, self._item), told, _stored(one.sha256, "stimuli"))
            elif self._truth:
                yield self._picture(made_of(one, self._item), told, self._truth)

    def chosen(self) -> Iterator[Picture]:
        """The samples of the selection, most votes first."""
        for index in self._item.selection.chosen:
            one = self._item.samples[index]
            votes = f"{one.votes} vote{'s' * (one.votes != 1)}"
            yield self._picture(f"Sample {index}: {votes}", f"Sample {index}", _stored(one.sha256, "samples"))

    def _picture(self, caption: str, alt: str, read: Read, scale: Scale | None = None) -> Picture:
        return Picture(caption, f"{alt}, of {self._item.name}", lambda: reduced(read()), *self._size, scale)

    def _ensemble(self, caption: str, alt: str, ensemble: EnsembleResult) -> Picture:
        return self._picture(caption, alt, _stored(ensemble.png8_sha256, "ensembles"))

    def _map(self, caption: str, sha256: str, scale: Scale) -> Iterator[Picture]:
        if sha256:
            yield self._picture(caption, f"{caption}, as a map of colours", _coloured(sha256, scale), scale)

    def _low_res(self) -> bytes:
        return store.get(self._item.low_res_sha256, "low_res", ".png")

    def _bicubic(self) -> bytes:
        image = read_image(BytesIO(self._low_res()))
        return encode_png(to_uint8(np.clip(upscale(image, self._source.results.protocol.scale), 0, 1)))

    def _random_draw(self) -> list[int]:
        """Pool indexes of the first random selection of the control."""
        made = self._item.evaluation
        assert made.control_seed is not None
        n = len(self._item.selection.chosen)
        drawn: list[int] = subsets(made.control_seed, "control", 1, len(self._item.samples), n)[0].tolist()
        return drawn

    def _control(self) -> bytes:
        drawn = (store.get(self._item.samples[index].sha256, "samples", ".png") for index in self._random_draw())
        return encode_png(ensembling.mean_uint8(read_uint8(png) for png in drawn))


def made_of(one: RatedPicture, item: ItemResults) -> str:
    """“Single sample: sample 4”. Members are named by their places in the pool."""
    words = WORDS.get(one.condition, one.condition)
    words = words[:1].upper() + words[1:] if one.condition == one.kind else words
    indexes, rule = _places(one.provenance, item), one.provenance.get("rule", "mean")
    if len(indexes) == 1:
        return f"{words}: sample {indexes[0]}"
    if len(indexes) > NAMED:
        return f"{words}: {rule} of {len(indexes)} samples"
    return f"{words}: {rule} of samples {listed(indexes)}" if indexes else words


def _places(origin: Mapping[str, Any], item: ItemResults) -> list[int]:
    """Of the samples that a picture is made of: as they were drawn, else found by content."""
    drawn = origin.get("indexes") or ([origin["index"]] if "index" in origin else [])
    places = {sample.sha256: sample.index for sample in item.samples}
    return sorted(drawn or (places[sha256] for sha256 in origin.get("members", ()) if sha256 in places))


def rows(pictures: list[Picture]) -> Iterator[Pictures]:
    """Beside each other, in rows of equal length as far as that goes."""
    if not pictures:
        return
    count = -(-len(pictures) // ROW)
    each = -(-len(pictures) // count)
    for start in range(0, len(pictures), each):
        yield Pictures(tuple(pictures[start : start + each]))


def _stored(sha256: str, folder: store.Folder) -> Read:
    storage = storages["truth" if folder == "truth" else "default"]
    return lambda: store.get(sha256, folder, ".png", storage=storage)


def _coloured(sha256: str, scale: Scale) -> Read:
    def read() -> bytes:
        import tifffile

        values = tifffile.imread(BytesIO(store.get(sha256, "ensembles", ".tiff")))
        return encode_png(colour_map(one_channel(values), maximum=scale.maximum))

    return read


def reduced(png: bytes) -> bytes:
    """The file as it is; a picture of more than `MOST` pixels a side as means of square blocks, rounded half up.

    What is left over at the right and below joins the blocks that it begins.
    """
    pixels = read_uint8(png)
    step = -(-max(pixels.shape[:2]) // MOST)
    if step == 1:
        return png
    height, width = pixels.shape[:2]
    rows, columns = np.arange(0, height, step), np.arange(0, width, step)
    sums = np.add.reduceat(np.add.reduceat(pixels.astype(np.int64), rows, axis=0), columns, axis=1)
    counts = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))[:, :, None]
    return encode_png(((2 * sums + counts) // (2 * counts)).astype(np.uint8))
