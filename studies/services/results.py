"""From the rows of a study to one frozen StudyResults, in a fixed number of queries."""

from __future__ import annotations

import hashlib
import math
from typing import Any

from django.db.models import Count, Prefetch, Q, prefetch_related_objects
from django.utils import timezone

from inference.models import Ensemble, Sample
from inference.version import code_version
from studies import results
from studies.aggregation.counts import Selection, chance_threshold
from studies.aggregation.marks import Mark
from studies.aggregation.variants import Recipe, Votes
from studies.models import Evaluation, Item, StateChange, Study
from studies.models.evaluation import Variant
from studies.services.analysis import evaluation, evidence, exclusions, figures, outcomes, variants, versions
from studies.services.analysis import plan as plans
from studies.services.analysis.exposures import Exposure, exposures
from studies.services.candidates import drawing, families
from studies.services.opinions import phase_results
from studies.services.screens import screened
from studies.services.snapshot import snapshot
from studies.services.tallies import Tally, picked, tallies

_TRANSLATED = (
    "language", "question", "labels", "instructions", "introduction", "consent_text", "questionnaire", "feedback",
)  # fmt: skip
#: Up to so many ballots it is found at once who saw what; of more a worker finds it.
FEW_BALLOTS = 20_000


def collect(study: Study) -> results.StudyResults:
    """All that the study has found so far, in one consistent look. Nothing is computed that a worker has to."""
    with snapshot():
        study = Study.objects.select_related("weights").get(pk=study.pk)
        drawn_by = drawing.sources(study)
        items = list(study.items.main().select_related("low_res", "truth"))
        pools = _pools(items)
        ids = {pk: tuple(sample.pk for sample in pool) for pk, pool in pools.items()}
        read = versions.as_read(study)
        without = exclusions.keys(study, plans.of(read))
        counted = tallies(read, items, ids, without=without)
        worked_out = evidence.current(study, evidence.digest(read, counted))
        seen = _seen(read, items, counted, worked_out, without)
        marks = variants.marks_of(items, ids, without) if study.region else {}
        others = outcomes.others(study, read, items, ids, without)
        left_out = exclusions.excluded(study, plans.of(read), without)
        made = _evaluations(items)
        people = participants(study)
        found_screens = screened.screens(study)
        changes = tuple(map(_change, study.state_changes.all()))
        rated = phase_results.phase(study)
    for item in items:
        item.study = read
    protocol = _protocol(study, drawn_by)
    known = families.families(job for item in items for job in item.jobs.all())
    found = tuple(
        _item(
            item,
            pools[item.pk],
            counted[item.pk],
            seen[item.pk],
            known,
            made.get(item.pk, {}),
            marks.get(item.pk, []),
            others,
            worked_out.get("items", {}).get(str(item.position), {}),
        )
        for item in items
    )
    return results.StudyResults(
        pk=study.pk,
        name=study.name,
        slug=study.slug,
        state=study.state,
        created_at=results.written(study.created_at),
        opened_at=results.written(study.opened_at),
        frozen_at=results.written(study.frozen_at),
        closed_at=results.written(study.closed_at),
        collected_at=results.written(timezone.now()),
        code_version=code_version(),
        protocol=protocol,
        protocol_sha256=results.protocol_sha256(results.to_jsonable(protocol)),
        participants=people,
        families=families.counts(known.values(), [(item.samples, item.selection.chosen) for item in found]),
        items=found,
        analysis_versions=versions.listed(study),
        excluded=tuple(_excluded(one) for one in left_out),
        evidence=worked_out.get("study", {}),
        state_changes=changes,
        screens=found_screens,
        rating=rated,
    )


def _change(row: StateChange) -> results.StateChange:
    return results.StateChange(row.state, results.written(row.made_at), row.by_rule, row.finished, row.met, row.why)


def _excluded(one: exclusions.Exclusion) -> results.Excluded:
    person = one.participant
    return results.Excluded(person.code, person.simulated, tuple(verdict.rule for verdict in one.failures))


def _seen(
    study: Study,
    items: list[Item],
    counted: dict[int, Tally],
    worked_out: dict[str, Any],
    without: frozenset[int],
) -> dict[int, Exposure]:
    """Who saw what: as it was worked out; else found now, while ballots are few; else unknown, as if nobody told."""
    if worked_out:
        return {item.pk: Exposure.stored(worked_out["items"][str(item.position)]) for item in items}
    sizes = {pk: len(tally.samples) for pk, tally in counted.items()}
    if sum(tally.ballots for tally in counted.values()) > FEW_BALLOTS:
        return {pk: Exposure.unknown(m, counted[pk].ballots) for pk, m in sizes.items()}
    picks = picked(items, {pk: tally.samples for pk, tally in counted.items()}, without=without)
    return exposures(study, items, picks, sizes)


def _pools(items: list[Item]) -> dict[int, list[Sample]]:
    """Item id -> samples in pool order. Four queries."""
    prefetch_related_objects(items, "jobs__samples", "jobs__weights")
    pools = {}
    for item in items:
        jobs = sorted(item.jobs.all(), key=lambda job: job.pk)
        pools[item.pk] = [sample for job in jobs for sample in job.samples.all()]
        for job in jobs:
            for sample in job.samples.all():
                sample.job = job
    return pools


def _evaluations(items: list[Item]) -> dict[int, dict[str, Evaluation]]:
    """Item id -> digest -> evaluation, with its variants. Three queries."""
    made = Variant.objects.select_related("ensemble")
    rows = Evaluation.objects.filter(item__in=items).select_related("ensemble")
    rows = rows.prefetch_related(Prefetch("variant_sets__variants", made))
    found: dict[int, dict[str, Evaluation]] = {}
    for row in rows:
        found.setdefault(row.item_id, {})[row.digest] = row
    return found


def participants(study: Study) -> results.Participants:
    """How many people, and apart from them simulated ones, take part in the voting. One query."""
    here, done = Q(withdrawn_at=None), Q(finished_at__isnull=False)
    counts = (
        study.participants.filter(rates_only=False)
        .order_by()
        .aggregate(
            people=Count("pk", filter=here & Q(simulated=False)),
            finished=Count("pk", filter=here & done & Q(simulated=False)),
            finished_simulated=Count("pk", filter=here & done & Q(simulated=True)),
            withdrawn=Count("pk", filter=~here),
            # Last: from here on the name means this count, no longer the field.
            simulated=Count("pk", filter=here & Q(simulated=True)),
        )
    )
    return results.Participants(**counts)


def _protocol(study: Study, drawn_by: list[drawing.Source]) -> results.Protocol:
    copied = (
        "question", "ask_label", "instructions", "consent_text", "pool_size", "max_picks", "exact_picks",
        "ensemble_size", "tie_rule", "control_draws", "settings", "target_participants", "seed", "page_size",
        "see_all_pages", "ask_confidence", "region", "repeats", "language", "introduction", "viewing", "questionnaire",
        "plan",
    )  # fmt: skip
    return results.Protocol(
        **{name: getattr(study, name) for name in copied},
        labels=tuple(study.labels),
        consent_sha256=hashlib.sha256(study.consent_text.encode()).hexdigest(),
        sampler=study.weights.sampler,
        weights=study.weights.name,
        weights_sha256=study.weights.sha256,
        scale=study.weights.scale,
        channels=study.weights.channels,
        additions=tuple(_addition(source) for source in drawn_by[1:]),
        translations=tuple(study.texts.values(*_TRANSLATED)),
    )


def _addition(source: drawing.Source) -> results.Addition:
    weights = source.weights
    return results.Addition(weights.sampler, weights.name, weights.sha256, source.count, source.settings)


def _item(
    item: Item,
    pool: list[Sample],
    counted: Tally,
    seen: Exposure,
    known: dict[int, families.Family],
    made: dict[str, Evaluation],
    marks: list[Mark],
    others: list[outcomes.Other],
    worked_out: dict[str, Any],
) -> results.ItemResults:
    study = item.study
    verdict = outcomes.verdict(counted)
    selection = evaluation.selection(item, counted, pool)
    votes = variants.votes(item, counted, pool, marks, evaluation.tie_seed(study.seed, item.position))
    samples = tuple(_sample(index, sample, counted, seen, known[sample.job_id]) for index, sample in enumerate(pool))
    return results.ItemResults(
        pk=item.pk,
        position=item.position,
        name=item.name,
        low_res_sha256=item.low_res.sha256,
        width=item.low_res.width,
        height=item.low_res.height,
        truth_sha256=evaluation.truth_sha256(item),
        samples=samples,
        families=families.counts(known.values(), [(samples, selection.chosen)]),
        ballots=counted.ballots,
        simulated_ballots=counted.simulated_ballots,
        observed_ballots=seen.observed,
        labels=counted.labels,
        label_shares=outcomes.label_shares(study, counted),
        majority=verdict.value,
        majority_reason=verdict.reason,
        selection=outcomes.selected(study, selection),
        chance_threshold=chance_threshold(counted.ballots, counted.picks, max(len(pool), 1)),
        evidence=worked_out,
        evaluation=_evaluation(item, pool, selection, made, votes),
        alternatives=tuple(outcomes.alternative(other, item, pool) for other in others),
    )


def _sample(
    index: int, sample: Sample, counted: Tally, seen: Exposure, family: families.Family
) -> results.SampleResult:
    votes, exposed = int(counted.votes[index]), int(seen.people[index])
    return results.SampleResult(
        index=index,
        seed=sample.seed,
        sha256=sample.sha256,
        lr_consistency=sample.lr_consistency,
        votes=votes,
        votes_by_label=tuple(counted.by_label[:, index].tolist()),
        exposures=exposed,
        seconds=int(seen.milliseconds[index]) / 1000,
        rate=votes / exposed if exposed else math.nan,
        job_digest=sample.job.request_digest,
        family=family.name,
        derivation=family.derivation,
        parents=tuple(sample.job.derivation.get("samples", ())),
        attempt=sample.attempt,
        fault=sample.fault,
    )


def _evaluation(
    item: Item, pool: list[Sample], selection: Selection, made: dict[str, Evaluation], votes: Votes
) -> results.EvaluationResult:
    """The evaluation of the present selection; those of earlier selections are not shown."""
    if not selection.chosen:
        return _not_made(item, selection.reason)
    row = made.get(evaluation.digest(item, pool, selection.chosen))
    if row is None:
        return _not_made(item, "the votes have changed since the last evaluation" if made else "it was not asked for")
    state = results.MADE if row.made_at else results.FAILED if row.error else results.BEING_MADE
    numbers: dict[str, Any] = row.figures
    return results.EvaluationResult(
        state=state,
        reason=row.error,
        pk=row.pk,
        digest=row.digest,
        control_seed=row.control_seed,
        control_draws=row.control_draws,
        ensemble=_ensemble(row.ensemble) if row.made_at else None,
        metrics=figures.metrics_of(numbers, selection.chosen),
        spread_chosen=figures.defined(numbers.get("spread_chosen")),
        spread_pool=figures.defined(numbers.get("spread_pool")),
        version=numbers.get("version", ""),
        variants=_variants(row, votes) if row.made_at else results.VariantsResult(),
    )


def _variants(evaluated: Evaluation, votes: Votes) -> results.VariantsResult:
    """The variants of the present votes."""
    sets = {row.digest: row for row in evaluated.variant_sets.all()}
    row = sets.get(votes.digest)
    if row is None:
        changed = "the votes have changed since they were made" if sets else "they were not asked for"
        return results.VariantsResult(reason=changed)
    state = results.MADE if row.made_at else results.FAILED if row.error else results.BEING_MADE
    recipes = {stored["key"]: stored for stored in row.plan}
    made = (
        tuple(_variant(one, recipes[one.key], evaluated.figures) for one in row.variants.all()) if row.made_at else ()
    )
    return results.VariantsResult(
        state=state,
        reason=row.error,
        digest=row.digest,
        variants=made,
        readings=tuple(_readings(pair) for pair in row.figures.get("readings", ())),
        version=row.figures.get("version", ""),
    )


def _variant(made: Variant, recipe: dict[str, Any], evaluated: dict[str, Any]) -> results.VariantResult:
    values = {name: figures.defined(made.figures.get(name)) for name in figures.MEASURES}
    return results.VariantResult(
        key=made.key,
        label=recipe["label"],
        samples=tuple(recipe["samples"]),
        weights=tuple(recipe["weights"]),
        effective_n=figures.defined(Recipe(**recipe).effective_n),
        ensemble=_ensemble(made.ensemble),
        reached=figures.reached(evaluated, recipe, values),
        **values,
    )


def _readings(pair: dict[str, Any]) -> results.Readings:
    first, second = pair["labels"]
    difference, within = (figures.defined(pair[name]) for name in ("difference", "within"))
    return results.Readings((first, second), difference, within, pair["both"])


def _not_made(item: Item, reason: str) -> results.EvaluationResult:
    return results.EvaluationResult(
        state=results.NOT_MADE,
        reason=reason,
        pk=None,
        digest="",
        control_seed=None,
        control_draws=item.study.control_draws,
        ensemble=None,
        metrics=(),
        spread_chosen=math.nan,
        spread_pool=math.nan,
        version="",
    )


def _ensemble(row: Ensemble) -> results.EnsembleResult:
    return results.EnsembleResult(
        pk=row.pk,
        digest=row.digest,
        rule=row.rule,
        png8_sha256=row.png8_sha256,
        png16_sha256=row.png16_sha256,
        tiff_sha256=row.tiff_sha256,
        spread_sha256=row.spread_sha256,
        lr_consistency=figures.defined(row.lr_consistency),
        code_version=row.code_version,
        residual_sha256=row.residual_sha256,
    )
