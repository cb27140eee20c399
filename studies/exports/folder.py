"""An export as a folder: written beside its place and moved there when it is whole."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from tqdm import tqdm

from studies.errors import StudyError
from studies.exports import contents, levels
from studies.exports.zipping import Member
from studies.models import Study


def write(
    study: Study,
    target: Path,
    *,
    truth: bool = False,
    level: str = levels.INTERNAL,
    parquet: bool = False,
    licence: str = "",
    progress: bool = False,
) -> Path:
    """Write the export into `target`, which must be new or empty; all of it or nothing.

    truth, level, parquet, licence: see `contents.Options`. progress: show a bar on stderr.
    Raises StudyError for a folder that is not empty, StoreError for a stored file that is missing or changed.
    """
    target = target.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StudyError(f"{target} is there already and not an empty folder: give the name of a new one.")
    content = contents.gather(study, contents.Options(level, truth, parquet, licence))
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    draft.mkdir(parents=True)
    try:
        total = content.count + 3
        for member in tqdm(content.whole(), desc="Exporting", unit="file", total=total, disable=not progress):
            _write(draft, member)
        draft.replace(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return target


def _write(folder: Path, member: Member) -> None:
    path = folder / member.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for chunk in member.chunks:
            file.write(chunk)
