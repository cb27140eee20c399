"""The tables of one export as files: CSV in memory or on disk without a name, and Parquet made from it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from studies.exports import levels, parquet
from studies.exports.tables import Column
from studies.exports.zipping import Member

_BLOCK = 2**18
_IN_MEMORY = 2**20


@dataclass(frozen=True)
class TableFile:
    """One table: its columns as the codebook has them, and its finished CSV."""

    path: str
    columns: tuple[Column, ...]
    file: IO[bytes]

    def csv(self) -> Member:
        return Member(self.path, _read(self.file))

    def parquet(self) -> Member:
        """Written when its turn comes."""
        return Member(parquet.path(self.path), self._parquet())

    def _parquet(self) -> Iterator[bytes]:
        with parquet.write(self.columns, self.file) as file:
            yield from _read(file)


def make(
    path: str, columns: Sequence[Column], rows: Iterable[levels.Row], people: Mapping[str, int] | None
) -> TableFile:
    """The table at its level, see `levels.lines`; the rows are read at once."""
    level = levels.INTERNAL if people is None else levels.PUBLIC
    # Without a name: gone with the last reference to it.
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  it is read later
    file.writelines(levels.lines(columns, rows, people))
    return TableFile(path, levels.columns(columns, level), file)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block
