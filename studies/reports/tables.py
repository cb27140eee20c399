"""Tables of a study's results as in the paper, for reports and exports: in Markdown, LaTeX and CSV.

The first says what people saw (its Table 1), the second how well each way of making a picture did (its Table 2).
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy import stats

from studies.reports.sentences import DIGITS, NAMES, UNITS
from studies.results import ItemResults, Metric, StudyResults

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "\u00a0": "~", "–": "--", "×": r"$\times$", "±": r"$\pm$", "−": r"$-$", "“": "``", "”": "''",
    "\n": " ", "\r": " ",
}  # fmt: skip
_MARKDOWN = {**{sign: f"\\{sign}" for sign in "\\|*_`[]<>#$~"}, "\n": " ", "\r": " "}
#: A cell that begins with one of these would be a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
NONE = "–"
#: Items that still have a column each.
FEW_COLUMNS = 6
#: The voted ensemble's name among the methods compared.
ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Table:
    """A table of texts. The first column names the row; rows are as long as the header. notes: a sentence each."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def to_markdown(self) -> str:
        """A table as GitHub's Markdown has it, its title above and its notes below."""
        lines = [self.header, ("---", *["---:"] * (len(self.header) - 1)), *self.rows]
        table = [f"| {' | '.join(row if number == 1 else map(_markdown, row))} |" for number, row in enumerate(lines)]
        notes = "".join(f"\n{_markdown(note)}\n" for note in self.notes)
        return f"**{_markdown(self.title)}**\n\n" + "\n".join(table) + f"\n{notes}"

    def to_latex(self) -> str:
        """A floating table for the package booktabs; every text is escaped."""
        columns = "l" + "r" * (len(self.header) - 1)
        body = "\n".join(f"{' & '.join(map(_latex, row))} \\\\" for row in self.rows)
        notes = "".join(f"\\par\\smallskip\\footnotesize {_latex(note)}\n" for note in self.notes)
        return (
            "% \\usepackage{booktabs}\n\\begin{table}\n\\centering\n"
            f"\\caption{{{_latex(self.title)}}}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n"
            f"{' & '.join(map(_latex, self.header))} \\\\\n\\midrule\n{body}\n\\bottomrule\n\\end{{tabular}}\n"
            f"{notes}\\end{{table}}\n"
        )

    def to_csv(self) -> str:
        """Header and rows as in RFC 4180; no cell is a formula."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows([[_defused(cell) for cell in row] for row in (self.header, *self.rows)])
        return text.getvalue()


def labels(results: StudyResults) -> Table:
    """What people saw: per item and label its ballots, and its share with a Wilson interval."""
    rows = [
        (item.name, share.label, f"{share.count} of {item.ballots}", _share(share.share.value),
         _range(share.share.low, share.share.high, _share))
        for item in results.items
        for share in item.label_shares
    ]  # fmt: skip
    sure = next((share.share.confidence for item in results.items for share in item.label_shares), 0.95)
    return Table(
        "What people saw in the low-resolution images",
        ("Image", "Label", "Ballots", "Share", f"{100 * sure:g} % interval"),
        tuple(rows),
        ("Intervals: Wilson, each ballot taken as an observation of its own.", *_simulated(results)),
    )


def quality(results: StudyResults) -> Table:
    """Each way of making a picture by each metric: the mean over items, with its t interval where there are several.

    Items without a made evaluation, and metrics undefined for an item, are left out, and the notes say so.
    """
    found = _by_metric(results.items)
    made = sum(bool(item.evaluation.metrics) for item in results.items)
    rows = tuple(
        (name, *(_mean([value(metric) for metric in metrics], key, made) for key, metrics in found.items()))
        for name, value in _ways(results)
    )
    notes = [
        f"Means over {made} of {len(results.items)} images, n of them where it is said; in brackets their 95 % t "
        "interval over images.",
        "The control says what averaging alone gives.",
        *_simulated(results),
    ]
    return Table("How the images compare", ("Method", *map(_head, found)), rows if found else (), tuple(notes))


def quality_by_item(results: StudyResults) -> Table:
    """The same for each item, with the band (2.5 to 97.5 %) of its control."""
    rows = [
        (item.name, NAMES.get(metric.name, metric.name), *(_number(value, metric.name) for value in _values(metric)),
         _range(metric.control.low, metric.control.high, partial(_number, metric=metric.name)),
         _share(metric.control.at_least_as_good))
        for item in results.items
        for metric in item.evaluation.metrics
    ]  # fmt: skip
    header = (
        "Image", "Metric", "Ensemble", "Control", "One sample", "One chosen sample", "Control, 95 %", "Control reaches"
    )  # fmt: skip
    return Table("How the images compare, one by one", header, tuple(rows), _simulated(results))


def compared(results: StudyResults) -> Table:
    """All methods that are compared, uploaded ones too, by each metric: means over the images, with t intervals.

    From the study's evidence; no rows where that is not worked out.
    """
    found = by_metric(results)
    rows = tuple(
        (_words(name, results), *(_stored(one, "means", name, metric) for metric, one in found.items()))
        for name in _methods(found)
    )
    return Table("How methods compare", ("Method", *map(_head, found)), rows, tuple(_of_methods(results, found)))


def methods_by_item(results: StudyResults, metric: str) -> Table:
    """Every method by one metric, image by image; no rows without worked out evidence.

    Of few images each has a column; of more than `FEW_COLUMNS` each has a row.
    """
    found = by_metric(results).get(metric)
    title = f"Methods image by image: {_head(metric)}"
    if found is None:
        return Table(title, ("Method",), (), _simulated(results))
    names = [next(item.name for item in results.items if item.position == position) for position in found["items"]]
    texts = {name: [_number(value, metric) for value in _scores(found, name)] for name in _methods({metric: found})}
    if len(names) <= FEW_COLUMNS:
        rows = tuple((_words(name, results), *values) for name, values in texts.items())
        return Table(title, ("Method", *names), rows, _simulated(results))
    turned = tuple((names[place], *(values[place] for values in texts.values())) for place in range(len(names)))
    return Table(title, ("Image", *(_words(name, results) for name in texts)), turned, _simulated(results))


def lead(results: StudyResults) -> Table:
    """The voted ensemble minus each other method, image by image: mean difference with its t interval, and p."""
    found = by_metric(results)
    rows = tuple(
        (_words(name, results), *(_difference(one, name, metric) for metric, one in found.items()))
        for name in _methods(found)
        if name != ENSEMBLE
    )
    notes = (
        *_of_methods(results, found),
        "p: Wilcoxon's signed-rank test of the differences, adjusted by Holm over the methods of that column.",
    )
    header = ("Ensemble minus", *map(_head, found))
    return Table("What the voted ensemble is ahead by", header, rows, notes)


#: What an export holds, by the name of the file.
TABLES: dict[str, Callable[[StudyResults], Table]] = {
    "labels": labels, "quality": quality, "quality-by-item": quality_by_item, "methods": compared, "lead": lead,
}  # fmt: skip


def by_metric(results: StudyResults) -> dict[str, dict[str, Any]]:
    """By metric the methods and their values, see `services.analysis.compared`; in one order, whatever a database's."""
    found = results.evidence.get("methods", {})
    return {metric: found[metric] for metric in NAMES if metric in found}


def _methods(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """All names, the voted ensemble last."""
    return list(dict.fromkeys(name for one in found.values() for name in reversed(one["methods"])))


def _scores(one: Mapping[str, Any], name: str) -> list[float]:
    """By image; nan where the method has no value."""
    if name not in one["methods"]:
        return []
    values = one["values"][one["methods"].index(name)]
    return [math.nan if value is None else value for value in values]


def _difference(one: Mapping[str, Any], name: str, metric: str) -> str:
    mean = _stored(one, "leads", name, metric)
    places = {one["methods"].index(found) for found in (ENSEMBLE, name) if found in one["methods"]}
    tested = [pair for pair in one["wilcoxon"]["pairs"] if pair["units"] > 1]
    p = next((pair["adjusted"] for pair in tested if {pair["first"], pair["second"]} == places), None)
    return mean if p is None else f"{mean}, p = {p:.3f}"


def _stored(one: Mapping[str, Any], what: str, name: str, metric: str) -> str:
    """The mean and its interval as the evidence has them, with the number of images where it is not all of them."""
    if name not in one["methods"]:
        return NONE
    found = one[what][one["methods"].index(name)]
    value, low, high = (math.nan if found[key] is None else found[key] for key in ("value", "low", "high"))
    told = f" [{_range(low, high, lambda limit: _number(limit, metric))}]" if math.isfinite(low) else ""
    fewer = f" (n = {found['count']})" if 0 < found["count"] < len(one["items"]) else ""
    return f"{_number(value, metric)}{told}{fewer}".replace("-", "−")


def _words(name: str, results: StudyResults) -> str:
    n = _ensemble_size(results)
    known = {
        ENSEMBLE: f"Voted ensemble, top {n}",
        "random ensemble (mean of draws)": f"Control: mean of {n} random samples",
        "single sample (mean of pool)": "One sample, on average",
        "mean of all candidates": "Mean of all samples",
        "most LR-consistent": f"Mean of the {n} most LR-consistent samples",
        "vote-weighted mean": f"Top {n}, weighed by votes",
        "bicubic": "Bicubic enlargement",
    }
    return known.get(name, name)


def _of_methods(results: StudyResults, found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    images = max((len(one["items"]) for one in found.values()), default=0)
    yield f"Means over {images} of {len(results.items)} images, n of them where it is said; in brackets t intervals."
    yield (
        "By mean squared error the mean of any samples is never worse than its average member: only the lead over the "
        "control is evidence of choice."
    )
    yield from _simulated(results)


def _ensemble_size(results: StudyResults) -> int:
    """As the reported analysis has it."""
    versions = results.analysis_versions
    return int(versions[-1].analysis["ensemble_size"]) if versions else results.protocol.ensemble_size


def _ways(results: StudyResults) -> Iterator[tuple[str, Callable[[Metric], float]]]:
    """The rows of `quality`."""
    n = _ensemble_size(results)
    yield "One sample, on average", lambda metric: metric.single_mean
    yield "One chosen sample, on average", lambda metric: metric.single_chosen_mean
    yield f"Control: mean of {n} random samples", lambda metric: metric.control.mean
    yield "Voted ensemble", lambda metric: metric.ensemble


def _by_metric(items: Sequence[ItemResults]) -> dict[str, list[Metric]]:
    found: dict[str, list[Metric]] = {}
    for item in items:
        for metric in item.evaluation.metrics:
            found.setdefault(metric.name, []).append(metric)
    return found


def _values(metric: Metric) -> tuple[float, ...]:
    return metric.ensemble, metric.control.mean, metric.single_mean, metric.single_chosen_mean


def _mean(values: Sequence[float], metric: str, of: int = 0) -> str:
    """The mean of the defined values and its t interval, Student 1908: none with fewer than two values.

    of: the images that the table is about; where fewer have a value, their number stands beside it
    """
    defined = np.array([value for value in values if math.isfinite(value)])
    if not len(defined):
        return NONE
    mean, fewer = float(defined.mean()), f" (n = {len(defined)})" if len(defined) < of else ""
    if len(defined) < 2:
        return f"{_number(mean, metric)}{fewer}"
    half = float(stats.t.ppf(0.975, len(defined) - 1) * defined.std(ddof=1) / math.sqrt(len(defined)))
    limits = _range(mean - half, mean + half, lambda value: _number(value, metric))
    return f"{_number(mean, metric)} [{limits}]{fewer}"


def _head(metric: str) -> str:
    unit = UNITS.get(metric)
    return f"{NAMES.get(metric, metric)}{f' ({unit})' if unit else ''}"


def _number(value: float, metric: str) -> str:
    return f"{value:.{DIGITS.get(metric, 3)}f}" if math.isfinite(value) else NONE


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if math.isfinite(value) else NONE


def _range(low: float, high: float, shown: Callable[[float], str]) -> str:
    return f"{shown(low)} to {shown(high)}" if math.isfinite(low) and math.isfinite(high) else NONE


def _simulated(results: StudyResults) -> tuple[str, ...]:
    said = "Simulated participants are among those counted: a rehearsal, no evidence of what people see."
    return (said,) if results.has_simulated else ()


def _latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)


def _markdown(text: str) -> str:
    return "".join(_MARKDOWN.get(sign, sign) for sign in text)


def _defused(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) and text != NONE else text
