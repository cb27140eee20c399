"""What an export holds: one consistent state of a study, and the files that it names."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.files.storage import storages

from inference import store
from studies.exports import (
    ballots,
    codebook,
    consent,
    document,
    events,
    exposures,
    families,
    layout,
    participants,
    questionnaire,
    readme,
    samples,
    trials,
    variants,
    viewing_checks,
)
from studies.exports.provenance import provenance
from studies.exports.tables import csv_lines
from studies.exports.zipping import Member
from studies.models import Study
from studies.services.results import collect
from studies.services.snapshot import snapshot

_BLOCK = 2**18
_TABLES_IN_MEMORY = 2**20

#: Tables that are read from the database row by row, in the order of the export.
_STREAMED = (ballots, participants, trials, exposures, events, viewing_checks, questionnaire, consent)


@dataclass(frozen=True)
class Picture:
    """One stored file and where it goes; reading verifies it by its hash. facts: for the manifest."""

    path: str
    sha256: str
    folder: store.Folder
    suffix: store.Suffix
    facts: dict[str, Any] = field(default_factory=dict)

    def read(self) -> bytes:
        """Raises StoreError, naming the file, when it is missing or changed."""
        storage = storages["truth" if self.folder == "truth" else "default"]
        return store.get(self.sha256, self.folder, self.suffix, storage=storage)

    def chunks(self) -> Iterator[bytes]:
        yield self.read()


class Contents:
    """The files of one export, in their order. Votes stand in temporary files, not in memory."""

    def __init__(
        self, results: dict[str, Any], tables: dict[str, IO[bytes]], consents: list[Member], *, truth: bool
    ) -> None:
        self._results = results
        self._tables = tables
        self._consents = consents
        self._truth = truth

    def members(self) -> Iterator[Member]:
        """Every file but the manifest; pictures are read when their turn comes."""
        yield Member(readme.FILE, [readme.TEXT.encode()])
        yield Member(document.FILE, [json.dumps(self._results, indent=1, ensure_ascii=False).encode() + b"\n"])
        for path, file in self._tables.items():
            yield Member(path, _read(file))
        yield from self._consents
        yield Member(samples.FILE, csv_lines(samples.COLUMNS, samples.rows(self._results)))
        yield Member(families.FILE, csv_lines(families.COLUMNS, families.rows(self._results)))
        yield Member(variants.FILE, csv_lines(variants.COLUMNS, variants.rows(self._results)))
        yield Member(codebook.FILE, csv_lines(codebook.COLUMNS, codebook.rows()))
        for picture in self.pictures():
            yield Member(picture.path, picture.chunks(), picture.facts)

    @property
    def count(self) -> int:
        """How many files there are beside the manifest."""
        return 6 + len(self._tables) + len(self._consents) + sum(1 for _ in self.pictures())

    def check_files(self) -> None:
        """Read every picture once, so that a broken one is named before anything is sent. Raises StoreError."""
        for picture in self.pictures():
            picture.read()

    def pictures(self) -> Iterator[Picture]:
        """LR image, samples, ensembles and, where asked for, truth: item by item."""
        for item in self._results["items"]:
            yield from self._pictures_of(item)

    def _pictures_of(self, item: dict[str, Any]) -> Iterator[Picture]:
        number = item["position"]
        yield Picture(layout.low_res(number), item["low_res_sha256"], "low_res", ".png")
        for sample in item["samples"]:
            path, origin = layout.sample(number, sample["index"]), provenance(sample)
            yield Picture(path, sample["sha256"], "samples", ".png", {"derivation": origin} if origin else {})
        for key, ensemble in variants.ensembles(item):
            for kind, name in layout.ENSEMBLE_FILES.items():
                if sha256 := ensemble[f"{kind}_sha256"]:
                    suffix: store.Suffix = ".png" if name.endswith(".png") else ".tiff"
                    yield Picture(layout.ensemble(number, kind, key), sha256, "ensembles", suffix)
        if self._truth and item["truth_sha256"]:
            yield Picture(layout.truth(number), item["truth_sha256"], "truth", ".png")


def gather(study: Study, *, truth: bool = False) -> Contents:
    """The study's state of this moment: results and ballots that belong together."""
    with snapshot():
        results = document.build(collect(study))
        tables = {table.FILE: _table(csv_lines(table.COLUMNS, table.rows(study))) for table in _STREAMED}
        consents = consent.members(study)
    return Contents(results, tables, consents, truth=truth)


def _table(lines: Iterable[bytes]) -> IO[bytes]:
    """A temporary file without a name, gone with the last reference to it."""
    file = tempfile.SpooledTemporaryFile(max_size=_TABLES_IN_MEMORY)  # noqa: SIM115  it is read later
    file.writelines(lines)
    return file


def _read(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block
