"""Checking an export without the database it came from: every file, every vote, every picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from studies.exports import (
    analysis_checks,
    checks,
    compared_checks,
    design,
    evaluation_checks,
    evidence_checks,
    family_checks,
    naming_checks,
    outcome_checks,
    paper_tables,
    parquet,
    phase_checks,
    protocol_checks,
    provenance,
    rating_checks,
    rating_order_checks,
    rebuild,
    recompute,
    schema_checks,
    screen_checks,
    stimulus_checks,
    trial_checks,
    variant_checks,
)
from studies.exports.bundle import Bundle, BundleError, open_bundle
from studies.exports.checks import Check, is_public

CHECKS = (
    Check("files are complete and unchanged", checks.files),
    Check("pictures are the ones that the results name", rebuild.pictures),
    Check("practice items, attention checks and pictures of texts are the ones that were shown", design.check),
    Check("tables in Parquet say what the CSV tables say", parquet.check),
    Check("results have the shape that their schema describes", schema_checks.shape),
    Check("votes and labels follow from the ballots", checks.votes),
    Check(
        "shares, majorities, thresholds and other readings follow from the ballots",
        outcome_checks.items,
        untold=outcome_checks.untold,
    ),
    Check("numbers of people follow from the table of participants", outcome_checks.people),
    Check("orders follow from the participants' seeds", checks.order, "seeds, turns and positions"),
    Check("answers and votes agree", trial_checks.answers),
    Check("everybody in a table is a participant, and no answer is missing", trial_checks.known),
    Check("pages and places follow from the participants' seeds and turns", trial_checks.shown, "seeds and turns"),
    Check("exposures follow from what was on screen", trial_checks.exposed, "what was on whose screen"),
    Check("what is said of screens follows from the viewing checks", screen_checks.screens, "screens"),
    Check("the protocol is the one that its digest names", protocol_checks.digest),
    Check("consent texts are the ones that were agreed to", protocol_checks.consents),
    Check("versions of the analysis are those that their digests name", analysis_checks.versions),
    Check("who is left out fails the plan, nobody else does", analysis_checks.exclusions, "times and places"),
    Check("selections follow from the votes", checks.selections),
    Check("variants of the ensemble follow from the votes", variant_checks.recipes),
    Check("ensembles follow from the samples, bit for bit", rebuild.ensembles),
    Check("samples made from others name their parents", provenance.check),
    Check("samples have the seeds of the jobs that drew them", provenance.seeds),
    Check("the table of samples says the same", provenance.rows),
    Check("candidates were drawn as the protocol says", family_checks.sources),
    Check("votes by family and their intervals follow from the samples", family_checks.votes),
    Check("the table of families says the same", family_checks.rows),
    Check(
        "evaluations and ensembles are those that seeds and digests name",
        evaluation_checks.check,
        untold=evaluation_checks.untold,
    ),
    Check(
        "figures of ensembles, controls and samples follow from the pictures and the seed",
        recompute.metrics,
        untold=compared_checks.hidden_truths,
    ),
    Check("figures of variants follow from the pictures", recompute.variant_figures),
    Check("shares of random means that reach a variant follow from the figures", compared_checks.reached),
    Check("the table of variants says the same", variant_checks.rows),
    Check("figures of other methods follow from the pictures", compared_checks.items, untold=compared_checks.untold),
    Check("tables as in papers say what the results say", paper_tables.check),
    Check(
        "evidence on labels, picks and pictures follows from the votes and the samples",
        evidence_checks.items,
        untold=evidence_checks.untold,
    ),
    Check("agreement on labels over all items follows from the votes", evidence_checks.study),
    Check("comparisons of methods follow from the figures of the items", compared_checks.study),
    Check("results tell of the rating phase that people met", phase_checks.stated),
    Check("pictures that were rated follow from the samples, bit for bit", stimulus_checks.pictures),
    Check("ratings are of the pictures that were shown", rating_checks.named),
    Check("what was rated in which order follows from seeds and turns", rating_order_checks.check, "seeds and turns"),
    Check("preferences follow from the pairs that were answered", rating_checks.preferences),
    Check("what people named before and after follows from the ballots and the ratings", naming_checks.check),
    Check("opinion scores follow from the ratings", rating_checks.opinions),
    Check("agreement of repeated ratings follows from the ratings", rating_checks.repeats),
)


#: A stranger's file can have any shape.
_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, OverflowError)


@dataclass(frozen=True)
class Verdict:
    """One check and what it found, one sentence each.

    skipped: why it could not be made, in words;  untold: what it could not look at, each a few words
    """

    check: Check
    found: list[str]
    skipped: str = ""
    untold: tuple[str, ...] = ()


def verify(path: Path | str) -> list[str]:
    """What differs, one sentence each; an empty list when the export is whole and every figure follows.

    path: a folder, or the zip as it was downloaded, which is read as a stranger's and never unpacked.
    """
    return [sentence for verdict in verified(Path(path)) for sentence in verdict.found]


def verified(path: Path) -> Iterator[Verdict]:
    """Each check with what it found. What cannot be opened at all fails the first check alone."""
    try:
        bundle = open_bundle(path)
    except BundleError as error:
        yield Verdict(CHECKS[0], [str(error)])
        return
    yield from verified_bundle(bundle)


def verified_bundle(bundle: Bundle) -> Iterator[Verdict]:
    for check in CHECKS:
        if check.needs and _is_public(bundle):
            yield Verdict(check, [], f"a public export leaves out {check.needs}")
        else:
            yield Verdict(check, list(_found(check, bundle)), untold=_untold(check, bundle))


def _is_public(bundle: Bundle) -> bool:
    """As the manifest says. Whoever forges that gains checks that are left out, and each of these is named."""
    try:
        return is_public(bundle)
    except (BundleError, AttributeError):
        return False


def _untold(check: Check, bundle: Bundle) -> tuple[str, ...]:
    """Of a malformed export nothing: the check itself says so."""
    try:
        return tuple(check.untold(bundle)) if check.untold else ()
    except (BundleError, *_MALFORMED):
        return ()


def _found(check: Check, bundle: Bundle) -> Iterator[str]:
    try:
        yield from check.run(bundle)
    except BundleError as error:
        yield str(error)
    except _MALFORMED as error:
        # Which value tripped the check tells the reader where to look.
        yield f"The check “{check.name}” cannot be made: a value is missing or malformed ({error})."
