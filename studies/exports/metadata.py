"""croissant.json and ro-crate-metadata.json: what an export is, as catalogues of data read it.

MLCommons Croissant 1.0 (http://mlcommons.org/croissant/1.0) and RO-Crate 1.1 (https://w3id.org/ro/crate/1.1), both
JSON-LD. Pictures are described by folder: manifest.json has the sha256 of each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from studies.exports.tables import Column
from studies.exports.zipping import Member

CROISSANT, ROCRATE = "croissant.json", "ro-crate-metadata.json"
SOFTWARE = "https://www.apache.org/licenses/LICENSE-2.0"
#: What stands for a licence where nobody said one: both formats ask for it.
NO_LICENCE = "No licence is stated: ask the study's owners before you use the data."
CREATOR = "The researchers of the study"

_SPDX = "https://spdx.org/licenses/"
_FORMATS = {
    ".csv": "text/csv", ".json": "application/json", ".md": "text/markdown", ".png": "image/png",
    ".parquet": "application/vnd.apache.parquet", ".tex": "application/x-tex", ".tiff": "image/tiff",
    ".txt": "text/plain",
}  # fmt: skip
_TYPES = {
    "text": "sc:Text", "sha256": "sc:Text", "integer": "sc:Integer", "number": "sc:Float", "boolean": "sc:Boolean",
    "time": "sc:DateTime", "day": "sc:Date",
}  # fmt: skip
#: Folder -> what is in it.
_FOLDERS = {
    "consent": "consent texts as they were read",
    "ensembles": "ensembles, their spread over samples and their residual against the low-resolution image",
    "low_res": "low-resolution images shown",
    "methods": "what uploaded methods made of the low-resolution images",
    "pictures": "pictures of the study's texts",
    "samples": "candidate images, byte for byte as people saw them",
    "stimuli": "pictures that were rated",
    "tables": "tables as papers have them",
    "truth": "hidden ground truths",
}
#: The terms of Croissant 1.0: all of them, as its readers ask for.
_TERMS = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format",
    "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex",
    "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    **{term: f"cr:{term}" for term in _TERMS},
}


@dataclass(frozen=True)
class Described:
    """An export, as far as it is written. results: results.json; files: as in the manifest; tables: columns by file."""

    results: Mapping[str, Any]
    level: str
    licence: str
    files: Mapping[str, Mapping[str, Any]]
    tables: Mapping[str, Sequence[Column]]

    @property
    def documents(self) -> dict[str, Mapping[str, Any]]:
        """The files that stand in no folder."""
        return {path: facts for path, facts in self.files.items() if "/" not in path}

    @property
    def folders(self) -> list[str]:
        return sorted({path.partition("/")[0] for path in self.files if "/" in path})

    @property
    def name(self) -> str:
        return f"Votes on super-resolution candidates: {self.results['name']}"

    @property
    def description(self) -> str:
        protocol, people = self.results["protocol"], self.results["participants"]
        simulated = f" and {people['simulated']} simulated ones" if people["simulated"] else ""
        return (
            f"{people['people']} participants{simulated} chose among candidate super-resolution images of "
            f"{len(self.results['items'])} low-resolution images of {protocol['sampler']}/{protocol['weights']}; "
            f"the question was “{protocol['question']}”. The chosen images are combined pixel by pixel, beside "
            f"combinations of random ones. {self.level.capitalize()} export, made by TrustSR "
            f"{self.results['versions']['code']}; verify_export rebuilds every figure and picture in it."
        )

    @property
    def day(self) -> str:
        """When the study ended, or how far it has come."""
        times = (self.results[name] for name in ("closed_at", "frozen_at", "opened_at", "created_at"))
        return next(filter(None, times))[:10]

    @property
    def urn(self) -> str:
        """A name for the study that everybody can work out from its results."""
        said = f"{self.results['protocol_sha256']}{self.results['name']}"
        return f"urn:trustsr:{hashlib.sha256(said.encode()).hexdigest()}"

    @property
    def licence_address(self) -> str:
        return self.licence if "/" in self.licence else f"{_SPDX}{self.licence}"


def members(described: Described) -> Iterator[Member]:
    for path, content in ((CROISSANT, croissant(described)), (ROCRATE, rocrate(described))):
        yield Member(path, [json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"])


def croissant(described: Described) -> dict[str, Any]:
    """The document by MLCommons: files with sha256, folders as sets of files, a record set for each table."""
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": described.name,
        "description": described.description,
        "license": described.licence_address if described.licence else NO_LICENCE,
        "creator": {"@type": "sc:Organization", "name": CREATOR},
        "datePublished": described.day,
        "url": described.urn,
        "version": "1.0.0",
        "citeAs": f"{CREATOR} ({described.day[:4]}): {described.name}. {described.urn}",
        "isLiveDataset": False,
        "distribution": [
            *(_file_object(path, facts) for path, facts in described.documents.items()),
            *(_file_set(described, folder) for folder in described.folders),
        ],
        "recordSet": [_record_set(path, columns) for path, columns in described.tables.items()],
    }


def _file_object(path: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{facts['bytes']} B",
        "encodingFormat": _format(path),
        "sha256": facts["sha256"],
    }


def _file_set(described: Described, folder: str) -> dict[str, Any]:
    inside = [path for path in described.files if path.startswith(f"{folder}/")]
    return {
        "@type": "cr:FileSet",
        "@id": f"{folder}/",
        "name": folder,
        "description": _FOLDERS.get(folder, folder),
        "encodingFormat": sorted({_format(path) for path in inside}),
        "includes": [f"{folder}/**/*{suffix}" for suffix in sorted({PurePosixPath(path).suffix for path in inside})],
    }


def _record_set(path: str, columns: Sequence[Column]) -> dict[str, Any]:
    name = path.removesuffix(".csv")
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column.name}",
                "name": f"{name}/{column.name}",
                "description": f"{column.meaning} ({column.unit})" if column.unit else column.meaning,
                "dataType": _TYPES[column.type],
                "source": {"fileObject": {"@id": path}, "extract": {"column": column.name}},
            }
            for column in columns
        ],
    }


def rocrate(described: Described) -> dict[str, Any]:
    """The document by researchobject.org: a flat graph, the crate with its parts and the software that made it."""
    software = {
        "@id": "#trustsr",
        "@type": "SoftwareApplication",
        "name": "TrustSR",
        "version": described.results["versions"]["code"],
        "license": {"@id": SOFTWARE},
        "softwareRequirements": [f"{name} {n}" for name, n in described.results["versions"]["packages"].items()],
    }
    made = {
        "@id": "#export",
        "@type": "CreateAction",
        "name": f"{described.level.capitalize()} export of the study",
        "instrument": {"@id": software["@id"]},
        "result": {"@id": "./"},
    }
    parts = [*(_file(path, facts) for path, facts in described.documents.items()), *_folders(described)]
    creator = {"@id": "#researchers", "@type": "Organization", "name": CREATOR}
    licences = [_licence(SOFTWARE, "Apache License 2.0"), *_own_licence(described)]
    descriptor = {
        "@id": ROCRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    graph = [descriptor, _root(described, parts, creator), *parts, creator, software, made, *licences]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _root(described: Described, parts: list[dict[str, Any]], creator: dict[str, Any]) -> dict[str, Any]:
    return {
        "@id": "./",
        "@type": "Dataset",
        "identifier": described.urn,
        "name": described.name,
        "description": described.description,
        "datePublished": described.day,
        "license": {"@id": described.licence_address} if described.licence else NO_LICENCE,
        "creator": {"@id": creator["@id"]},
        "hasPart": [{"@id": part["@id"]} for part in parts],
        "mentions": {"@id": "#export"},
    }


def _file(path: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@id": path,
        "@type": "File",
        "name": path,
        "contentSize": str(facts["bytes"]),
        "encodingFormat": _format(path),
        "sha256": facts["sha256"],
    }


def _folders(described: Described) -> Iterator[dict[str, Any]]:
    for folder in described.folders:
        yield {"@id": f"{folder}/", "@type": "Dataset", "name": folder, "description": _FOLDERS.get(folder, folder)}


def _own_licence(described: Described) -> list[dict[str, Any]]:
    known = described.licence and described.licence_address != SOFTWARE
    return [_licence(described.licence_address, described.licence)] if known else []


def _licence(address: str, name: str) -> dict[str, Any]:
    return {"@id": address, "@type": "CreativeWork", "name": name}


def _format(path: str) -> str:
    return _FORMATS.get(PurePosixPath(path).suffix, "application/octet-stream")
