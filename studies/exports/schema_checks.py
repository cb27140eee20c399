"""results.json beside its schema."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

from studies.exports import schema
from studies.exports.bundle import Bundle
from studies.exports.checks import read_json
from studies.exports.document import FILE as RESULTS

_MOST = 10


def shape(bundle: Bundle) -> Iterator[str]:
    """results.json has the shape of its schema. An export of another version has another, which is a stranger's."""
    from jsonschema import Draft202012Validator

    if schema.FILE not in bundle.sizes or bundle.read(schema.FILE) != schema.text().encode():
        return
    validator = Draft202012Validator(json.loads(schema.text()))
    for error in itertools.islice(validator.iter_errors(read_json(bundle, RESULTS)), _MOST):
        yield f"{RESULTS}, {error.json_path}: {error.message[:200]}."
