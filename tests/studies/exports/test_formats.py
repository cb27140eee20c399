"""Parquet, the JSON Schema, Croissant and RO-Crate of an export: readable by others, true to the tables."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from studies.exports import folder, parquet, schema
from studies.exports.tables import Column, csv_lines
from studies.exports.verify import verify
from studies.models import Study
from studies.reports.tables import TABLES
from tests.studies.exports.test_round_trip import table
from tests.studies.exports.test_verify import change_results, mend_manifest

TYPES = ("text", "integer", "number", "boolean", "time", "day", "sha256")
COLUMNS = [Column(kind, kind, f"a {kind}", "s" if kind == "number" else "") for kind in TYPES]
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
ROWS = [
    ("=1+1", -7, 0.1, True, MOMENT, MOMENT.date(), "ab" * 32),
    ('\'quoted, and\r\non two lines "here"', 2**62, -1e-300, False, MOMENT + timedelta(days=1), None, None),
    (None, None, None, None, None, None, None),
]


@pytest.fixture
def export(study: Study, tmp_path: Path) -> Path:
    return folder.write(study, tmp_path / "export", parquet=True, licence="https://example.org/licence")


def written(rows: Any) -> pq.ParquetFile:
    file = io.BytesIO(b"".join(csv_lines(COLUMNS, rows)))
    return pq.ParquetFile(parquet.write(COLUMNS, file))


def test_values_come_back_with_their_types() -> None:
    assert [tuple(row.values()) for row in written(ROWS).read().to_pylist()] == ROWS


def test_the_codebook_is_in_the_schema() -> None:
    found = written(ROWS).schema_arrow
    assert json.loads(found.metadata[b"codebook"])[2] == {
        "column": "number", "type": "number", "unit": "s", "meaning": "a number"
    }  # fmt: skip
    assert found.field("text").metadata == {b"meaning": b"a text", b"unit": b""}
    assert found.field("time").type == pa.timestamp("us", tz="UTC")


def test_a_table_without_rows_has_its_columns() -> None:
    assert written([]).schema_arrow.names == list(TYPES)


def test_large_tables_come_in_row_groups_and_do_not_fill_memory() -> None:
    import tempfile

    rows = (ROWS[n % 2] for n in range(300_000))
    with tempfile.TemporaryFile() as file:
        file.writelines(csv_lines(COLUMNS, rows))
        size = file.tell()
        tracemalloc.start()
        before = pa.total_allocated_bytes()
        with parquet.write(COLUMNS, file) as made:
            assert pa.total_allocated_bytes() - before < size / 4
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            found = pq.ParquetFile(made)
            assert found.metadata.num_rows == 300_000
            assert found.num_row_groups > 1
    assert peak < size * 0.7


def test_every_table_is_there_with_the_same_rows(export: Path) -> None:
    for path in export.glob("*.csv"):
        rows = pq.read_table(path.with_suffix(".parquet"))
        assert rows.num_rows == len(table(path)), path
        assert rows.column_names == next(csv.reader(path.open(newline="")))
    assert verify(export) == []


def test_a_value_changed_in_parquet_is_found(export: Path) -> None:
    path = export / "samples.parquet"
    rows = pq.read_table(path)
    votes = rows.column("votes").to_pylist()
    place = rows.schema.get_field_index("votes")
    pq.write_table(rows.set_column(place, rows.schema.field(place), pa.array([9, *votes[1:]], pa.int64())), path)
    mend_manifest(export)
    assert verify(export) == ["samples.parquet does not say what samples.csv says, from row 1 on."]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_broken_parquet_file_is_named(export: Path, content: bytes) -> None:
    (export / "ballots.parquet").write_bytes(content)
    mend_manifest(export)
    (found,) = verify(export)
    assert found.startswith("ballots.parquet cannot be compared with ballots.csv: ")


def test_the_web_process_imports_no_pyarrow_and_no_jsonschema() -> None:
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'trustsr.settings'; django.setup()\n"
        "import studies.views.results.export, studies.exports.verify\n"
        "print(sorted({'pyarrow', 'jsonschema'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_published_schema_is_the_one_that_the_dataclasses_give() -> None:
    """After a change of the results: python -m studies.exports.schema"""
    assert json.loads(schema.text()) == schema.build()


def test_the_schema_is_a_schema_and_an_export_fits_it(export: Path) -> None:
    """By the package jsonschema, draft 2020-12."""
    found = json.loads((export / "results.schema.json").read_text())
    Draft202012Validator.check_schema(found)
    results = json.loads((export / "results.json").read_text())
    assert [error.json_path for error in Draft202012Validator(found).iter_errors(results)] == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda results: results["items"][0].update(ballots="four"), "$.items[0].ballots"),
        (lambda results: results["protocol"].update(more=1), "$.protocol"),
        (lambda results: results.pop("versions"), "$"),
    ],
)
def test_results_of_another_shape_are_found(export: Path, change: Callable[[Any], object], where: str) -> None:
    change_results(export, change)
    assert any(sentence.startswith(f"results.json, {where}: ") for sentence in verify(export))


def test_croissant_names_every_table_with_its_columns_and_hashes(export: Path) -> None:
    """Properties that Croissant 1.0 requires, section by section of its specification."""
    found = json.loads((export / "croissant.json").read_text())
    files = json.loads((export / "manifest.json").read_text())["files"]
    assert found["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert found["@type"] == "sc:Dataset"
    for name in ("@context", "name", "description", "license", "url", "creator", "datePublished"):
        assert found[name], name
    objects = {one["@id"]: one for one in found["distribution"] if one["@type"] == "cr:FileObject"}
    sets = {one["@id"]: one for one in found["distribution"] if one["@type"] == "cr:FileSet"}
    described = {"manifest.json", "croissant.json", "ro-crate-metadata.json"}
    assert set(objects) == {path.name for path in export.iterdir() if path.is_file()} - described
    for path, one in objects.items():
        assert (one["sha256"], one["contentSize"]) == (files[path]["sha256"], f"{files[path]['bytes']} B")
        assert one["contentUrl"] == path
        assert "/" in one["encodingFormat"]
    assert set(sets) == {f"{path.name}/" for path in export.iterdir() if path.is_dir()}
    for one in sets.values():
        assert sum(len(list(export.glob(pattern))) for pattern in one["includes"]) > 0
    records = {one["@id"]: one for one in found["recordSet"]}
    assert set(records) == {path.stem for path in export.glob("*.csv")}
    for name, one in records.items():
        columns = [field["source"]["extract"]["column"] for field in one["field"]]
        assert columns == next(csv.reader((export / f"{name}.csv").open(newline="")))
        assert {field["source"]["fileObject"]["@id"] for field in one["field"]} == {f"{name}.csv"}
    ids = [*objects, *sets, *records, *(field["@id"] for one in records.values() for field in one["field"])]
    assert len(set(ids)) == len(ids)


def test_rocrate_is_a_flat_graph_whose_root_has_what_1_1_requires(export: Path) -> None:
    """RO-Crate 1.1: metadata file descriptor, root data entity, data entities, software and action as context."""
    found = json.loads((export / "ro-crate-metadata.json").read_text())
    assert found["@context"] == "https://w3id.org/ro/crate/1.1/context"
    graph = {entity["@id"]: entity for entity in found["@graph"]}
    assert len(graph) == len(found["@graph"])
    descriptor, root = graph["ro-crate-metadata.json"], graph["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset"
    for name in ("name", "description", "datePublished", "license"):
        assert root[name], name
    for part in root["hasPart"]:
        path = export / part["@id"]
        assert path.is_dir() if graph[part["@id"]]["@type"] == "Dataset" else path.is_file()
    assert graph["#trustsr"]["version"] == json.loads((export / "results.json").read_text())["versions"]["code"]
    assert graph["#export"]["instrument"] == {"@id": "#trustsr"}
    assert graph["https://example.org/licence"]["@type"] == "CreativeWork"
    assert not any(
        isinstance(value, dict) and set(value) != {"@id"} for one in graph.values() for value in one.values()
    )


def test_without_a_licence_both_say_so(study: Study, tmp_path: Path) -> None:
    path = folder.write(study, tmp_path / "export")
    for name in ("croissant.json", "ro-crate-metadata.json"):
        assert "No licence is stated" in (path / name).read_text()


def test_tables_as_in_papers_are_inside(export: Path) -> None:
    assert {path.name for path in (export / "tables").iterdir()} == {
        f"{name}.{suffix}" for name in TABLES for suffix in ("md", "tex", "csv")
    }
    assert "Voted ensemble" in (export / "tables/quality.md").read_text()
