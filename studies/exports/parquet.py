"""Tables in Parquet beside their CSV: the same rows with types, in row groups, with the codebook in the schema.

They are made from the finished CSV, so that both say the same. pyarrow takes 35 MiB, which the web process does not
have: commands write Parquet, downloads from a browser do without.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import IO, TYPE_CHECKING, Any

from studies.exports.bundle import Bundle, BundleError
from studies.exports.checks import read_json
from studies.exports.manifest import MANIFEST
from studies.exports.tables import Column

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIX = ".parquet"
#: Bytes of CSV that are read at once: pyarrow reads up to 32 blocks ahead. No line is longer.
_BLOCK = 2**19
#: Of a row group.
_ROWS = 50_000
#: What `cells.defuse` put in front of a text, see there.
_DEFUSED = r"^'([=+\-@\t\r\n'])"


def path(csv_path: str) -> str:
    return csv_path.removesuffix(".csv") + SUFFIX


def write(columns: Sequence[Column], csv_file: IO[bytes]) -> IO[bytes]:
    """A temporary file with the table, from its CSV. Memory does not grow with the table."""
    import pyarrow.parquet as pq

    schema = _schema(columns)
    file = tempfile.TemporaryFile()  # noqa: SIM115  it is read later
    with pq.ParquetWriter(_Lent(file), schema, compression="zstd") as writer:
        for group in _even(_batches(schema, csv_file)):
            writer.write_table(group)
    return file


def check(bundle: Bundle) -> Iterator[str]:
    """Every Parquet table has the rows of its CSV table."""
    for name in read_json(bundle, MANIFEST)["files"]:
        if name.endswith(SUFFIX):
            yield from _differences(bundle, name)


def _differences(bundle: Bundle, name: str) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    other = name.removesuffix(SUFFIX) + ".csv"
    try:
        file = pq.ParquetFile(io.BytesIO(bundle.read(name)))
        schema = file.schema_arrow
        with bundle.open(other) as csv_file:
            stated, found = _even(file.iter_batches(_ROWS)), _even(_batches(schema, csv_file))
            for number, (one, two) in enumerate(zip_longest(stated, found)):
                if one is None or two is None or not one.equals(two):
                    yield f"{name} does not say what {other} says, from row {number * _ROWS + 1} on."
                    return
    except (pa.ArrowException, OSError) as error:
        raise BundleError(f"{name} cannot be compared with {other}: {str(error).splitlines()[0]}.") from None


def _even(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows, so many at a time, whatever the batches."""
    import pyarrow as pa

    waiting: pa.Table | None = None
    for batch in batches:
        one = pa.Table.from_batches([batch]).replace_schema_metadata(None)
        waiting = one if waiting is None else pa.concat_tables([waiting, one])
        while len(waiting) >= _ROWS:
            yield waiting.slice(0, _ROWS).combine_chunks()
            waiting = waiting.slice(_ROWS)
    if waiting is not None and len(waiting):
        yield waiting.combine_chunks()


def _schema(columns: Sequence[Column]) -> pa.Schema:
    import pyarrow as pa

    types = {
        "text": pa.string(), "sha256": pa.string(), "integer": pa.int64(), "number": pa.float64(),
        "boolean": pa.bool_(), "time": pa.timestamp("us", tz="UTC"), "day": pa.date32(),
    }  # fmt: skip
    fields = [
        pa.field(column.name, types[column.type], metadata={"meaning": column.meaning, "unit": column.unit})
        for column in columns
    ]
    told = [{"column": one.name, "type": one.type, "unit": one.unit, "meaning": one.meaning} for one in columns]
    return pa.schema(fields, metadata={"codebook": json.dumps(told, ensure_ascii=False)})


def _batches(schema: pa.Schema, csv_file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    """The rows of a CSV table with the types of the schema; an empty cell is null, a text as it was before `defuse`."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    csv_file.seek(0)
    reader = csv.open_csv(
        _Lent(csv_file),
        read_options=csv.ReadOptions(block_size=_BLOCK, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=schema, strings_can_be_null=True, null_values=[""], true_values=["true"],
            false_values=["false"],
        ),
    )  # fmt: skip
    for batch in reader:
        arrays: list[Any] = [
            pc.replace_substring_regex(array, pattern=_DEFUSED, replacement=r"\1")
            if array.type == pa.string()
            else array
            for array in batch.columns
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


class _Lent(io.RawIOBase):
    """A file of ours that pyarrow may use and must not close."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def write(self, data: Any) -> int:
        return self._file.write(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()
