"""What an export holds: one consistent state of a study, and the files that it names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.storage import storages

from inference import store
from studies.exports import (
    ballots,
    codebook,
    consent,
    design,
    document,
    events,
    exposures,
    families,
    layout,
    levels,
    metadata,
    paper_tables,
    participants,
    questionnaire,
    raters,
    ratings,
    readme,
    right_labels,
    samples,
    schema,
    table_files,
    trials,
    variants,
    viewing_checks,
)
from studies.exports.manifest import with_manifest
from studies.exports.provenance import provenance
from studies.exports.table_files import TableFile
from studies.exports.zipping import Member
from studies.models import Study
from studies.services.results import collect
from studies.services.snapshot import snapshot

#: Tables that are read from the database row by row, in the order of the export.
_STREAMED = (
    ballots, participants, trials, exposures, events, viewing_checks, questionnaire, consent, raters, ratings,
)  # fmt: skip
#: Tables that say what results.json says.
_FROM_RESULTS = (samples, families, variants)


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


@dataclass(frozen=True)
class Options:
    """What an export holds. level: of `levels`; truth: the hidden ground truth too; parquet: tables in Parquet too.

    licence: under which the data may be used, an SPDX identifier or an address; empty where nobody said
    """

    level: str = levels.INTERNAL
    truth: bool = False
    parquet: bool = False
    licence: str = ""


class Contents:
    """The files of one export, in their order. Votes stand in temporary files, not in memory."""

    def __init__(
        self,
        results: dict[str, Any],
        setting: dict[str, Any],
        tables: list[TableFile],
        others: list[Member],
        options: Options,
    ) -> None:
        self._results = results
        self._design = setting
        self._tables = tables
        self._others = others
        self._options = options

    def whole(self) -> Iterator[Member]:
        """Every file; at the end those that describe the others, by what these turned out to be."""
        return with_manifest(self.members(), level=self._options.level, describe=self._described)

    def members(self) -> Iterator[Member]:
        """Every file but those that describe the others; pictures are read when their turn comes."""
        yield Member(readme.FILE, [readme.text(self._options.level).encode()])
        yield Member(document.FILE, [_json(self._results)])
        yield Member(schema.FILE, [schema.text().encode()])
        yield Member(design.FILE, [_json(self._design)])
        for table in self._tables:
            yield table.csv()
        for table in self._tables if self._options.parquet else ():
            yield table.parquet()
        yield from self._others
        for picture in self.pictures():
            yield Member(picture.path, picture.chunks(), picture.facts)

    def _described(self, files: Mapping[str, dict[str, Any]]) -> Iterable[Member]:
        described = metadata.Described(
            self._results, self._options.level, self._options.licence, files,
            {table.path: table.columns for table in self._tables},
        )  # fmt: skip
        return metadata.members(described)

    @property
    def count(self) -> int:
        """How many files there are beside those that describe the others."""
        return sum(1 for _ in self.members())

    def check_files(self) -> None:
        """Read every picture once, so that a broken one is named before anything is sent. Raises StoreError."""
        for picture in self.pictures():
            picture.read()

    def pictures(self) -> Iterator[Picture]:
        """LR image, samples, ensembles and, where asked for, truth: item by item. Then what no figure depends on."""
        for item in self._results["items"]:
            yield from self._pictures_of(item)
        for path, sha256, folder in design.files(self._design):
            yield Picture(path, sha256, folder, ".png")

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
        if self._options.truth and item["truth_sha256"]:
            yield Picture(layout.truth(number), item["truth_sha256"], "truth", ".png")


def gather(study: Study, options: Options | None = None) -> Contents:
    """The study's state of this moment: results and ballots that belong together."""
    options = options or Options()
    with snapshot():
        found = collect(study)
        results, setting = document.build(found), design.build(study)
        people = None
        if options.level == levels.PUBLIC:
            people = levels.numbers(study)
            results = levels.document(results, people, truth=options.truth)
            setting = design.public(setting, truth=options.truth)
        if not options.truth:
            results, setting = right_labels.left_out(results, setting)
        tables = list(_tables(study, results, people, truth=options.truth))
        papers = [Member(path, [content]) for path, content in paper_tables.files(found)]
        others = [*consent.members(study), *papers]
    return Contents(results, setting, tables, others, options)


def _tables(
    study: Study, results: dict[str, Any], people: Mapping[str, int] | None, *, truth: bool
) -> Iterator[TableFile]:
    level = levels.INTERNAL if people is None else levels.PUBLIC
    described = {}
    for table in _STREAMED:
        if level == levels.INTERNAL or table.FILE not in levels.LEFT_OUT:
            yield table_files.make(table.FILE, table.COLUMNS, levels.rows_of(table, study, level, truth=truth), people)
            described[table.FILE] = levels.columns(table.COLUMNS, level)
    for table in _FROM_RESULTS:
        yield table_files.make(table.FILE, table.COLUMNS, table.rows(results), people)
        described[table.FILE] = levels.columns(table.COLUMNS, level)
    described[codebook.FILE] = codebook.COLUMNS
    yield table_files.make(codebook.FILE, codebook.COLUMNS, codebook.rows(described), people)


def _json(content: Any) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"
