"""Fill docs/samplers.md: tables from the results of `manage.py evaluate_space`, and contact sheets of what ships.

    python -m benchmarks.samplers_doc results/digits.json ... [--cards] [--sheets]

The results in NAME.json become the table and figure between the markers of NAME in the document. They are kept beside
it without the records of single images, which may be large.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.contact_sheets import WEIGHTS, draw_sheet
from inference.core.weights import SHIPPED, manifest
from inference.evaluation import figure
from inference.evaluation.table import markdown, table
from inference.samplers import names
from inference.training.card import replace_quality

DOCUMENT = Path("docs/samplers.md")
IMAGES = Path("docs/images/samplers")
KEPT = Path("docs/samplers")


def fill(text: str, name: str, content: str) -> str:
    """The document with new content between the two markers of a name; ValueError where they are missing."""
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, found, rest = text.partition(first)
    _, ended, after = rest.partition(last)
    if not found or not ended:
        raise ValueError(f"There are no markers '{first}' and '{last}' in {DOCUMENT}.")
    return f"{before}{first}\n\n{content}\n\n{last}{after}"


def described(results: dict[str, Any]) -> str:
    """What was measured and how, in a sentence or two."""
    settings = "; ".join(
        f"{one['name']} ({one['weights_sha256'][:12]}): " + ", ".join(f"{k} {v}" for k, v in one["settings"].items())
        for one in results["samplers"]
    )
    shave = f", {results['shave']} border pixels shaved off" if results["shave"] else ""
    versions = ", ".join(results["code_versions"])
    return (
        f"{results['images']}; {results['samples_per_image']} samples of each from seed {results['seed']}"
        f"{shave}. {results['distance']['reason']} Code {versions}. Settings: {settings}."
    )


def section(results: dict[str, Any]) -> str:
    """The table and what it is of."""
    return f"{markdown(table(results))}\n\n{described(results)}"


def write_cards(found: list[dict[str, Any]]) -> None:
    """Put each shipped sampler's own column of all results into its model card."""
    sections: dict[Path, list[str]] = {}
    for results in found:
        for one in results["samplers"]:
            card = SHIPPED / one["sampler"] / f"{one['weights']}.md"
            sections.setdefault(card, []).append(section({**results, "samplers": [one]}))
    for card in filter(Path.is_file, sections):
        replace_quality(card, "\n\n".join([*sections[card], "What each row means: `docs/samplers.md`."]))
        print(f"wrote {card}")


def keep(results: dict[str, Any], name: str) -> str:
    """Store the results without single images, and their figure; the Markdown of the whole section."""
    KEPT.mkdir(parents=True, exist_ok=True)
    short = {**results, "samplers": [{k: v for k, v in one.items() if k != "images"} for one in results["samplers"]]}
    (KEPT / f"{name}.json").write_text(json.dumps(short, indent=1) + "\n", encoding="utf-8")
    path = IMAGES / f"{name}.svg"
    figure.write(results, path)
    return f"{section(results)}\n\n![{name}: figure]({path.relative_to(DOCUMENT.parent)})"


def write_sheets() -> str:
    """Draw the contact sheets of all weights that ship; the Markdown that shows them."""
    shown = []
    for entry in sorted(manifest()):
        sampler, _, weights = entry.partition("/")
        if sampler not in names() or weights not in WEIGHTS:
            continue
        path = IMAGES / f"{sampler}-{weights}.webp"
        draw_sheet(sampler, weights).save(path, lossless=weights != "photos", quality=88, method=6)
        shown.append(f"**{entry}**\n\n![contact sheet of {entry}]({path.relative_to(DOCUMENT.parent)})")
        print(f"wrote {path}", flush=True)
    return "\n\n".join(shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="*", type=Path, help="JSON files of evaluate_space")
    parser.add_argument("--cards", action="store_true", help="put the figures into the model cards too")
    parser.add_argument("--sheets", action="store_true", help="draw the contact sheets of all weights that ship")
    options = parser.parse_args()

    IMAGES.mkdir(parents=True, exist_ok=True)
    text = DOCUMENT.read_text(encoding="utf-8")
    found = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in options.results}
    for name, results in found.items():
        text = fill(text, name, keep(results, name))
    if options.cards:
        write_cards(list(found.values()))
    if options.sheets:
        text = fill(text, "sheets", write_sheets())
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
