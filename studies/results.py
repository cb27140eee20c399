"""What a study has found, as plain frozen values: every page, report and export reads these, never the database.

Undefined numbers are nan here and None in JSON; next to a nan stands a reason, or an evaluation's state.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from studies.aggregation.estimates import Estimate, Interval
from studies.aggregation.families import FamilyVotes
from studies.aggregation.screens import Screens

ONE_PAGE = 1000  # candidates: what studies showed before there were pages
NOT_MADE, BEING_MADE, MADE, FAILED = "not made", "being made", "made", "failed"


@dataclass(frozen=True)
class Addition:
    """Further weights whose candidates are mixed into every pool: `count` per item."""

    sampler: str
    weights: str
    weights_sha256: str
    count: int
    settings: dict[str, Any]


@dataclass(frozen=True)
class Protocol:
    """The study's protocol as it was frozen, or as it stands. `settings` are complete, with all defaults.

    pool_size: of the study's own weights; candidates of `additions`, and those made from others, come on top.
    From `additions` on: as studies were before they had such parts, which then are left out of the digest.
    translations: the study's texts in further languages, see `StudyText`
    """

    question: str
    ask_label: bool
    labels: tuple[str, ...]
    instructions: str
    consent_text: str
    consent_sha256: str
    pool_size: int
    max_picks: int
    exact_picks: bool
    ensemble_size: int
    tie_rule: str
    control_draws: int
    sampler: str
    weights: str
    weights_sha256: str
    scale: int
    channels: int
    settings: dict[str, Any]
    target_participants: int
    seed: int
    additions: tuple[Addition, ...] = ()
    page_size: int = ONE_PAGE
    see_all_pages: bool = False
    ask_confidence: bool = False
    region: str = ""
    repeats: int = 0
    language: str = "en"
    introduction: str = ""
    viewing: dict[str, Any] = field(default_factory=dict)
    questionnaire: list[dict[str, Any]] = field(default_factory=list)
    translations: tuple[dict[str, Any], ...] = ()
    plan: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Participants:
    """Numbers of people. people and simulated: enrolled and not withdrawn; finished: of these, all trials done.

    withdrawn people are in no other number, and none of their ballots counts.
    """

    people: int
    simulated: int
    finished: int
    finished_simulated: int
    withdrawn: int


@dataclass(frozen=True)
class SampleResult:
    """One candidate. votes: of distinct participants; votes_by_label: in the order of ItemResults.labels.

    exposures: how many of those who voted had it on screen; seconds: how long, over all of them; rate: votes /
    exposures. A vote without a record of the screen counts as an exposure to the whole pool.
    family: name of one of ItemResults.families. derivation and parents: where it was made from other candidates of
    the pool, how ("interpolation" or "fusion") and their sha256; else empty. attempt: how often it was drawn again,
    with noise of its own for each time, and fault: why, or what is still wrong with it.
    """

    index: int
    seed: int
    sha256: str
    lr_consistency: float
    votes: int
    votes_by_label: tuple[int, ...]
    exposures: int
    seconds: float
    rate: float
    job_digest: str
    family: str
    derivation: str
    parents: tuple[str, ...]
    attempt: int
    fault: str


@dataclass(frozen=True)
class FamilyResult(FamilyVotes):
    """Votes for the candidates that the same weights drew in the same way. chosen: how many are in selections.

    derivation: as in SampleResult; what is made from other candidates is a family of its own.
    """

    name: str
    sampler: str
    weights: str
    weights_sha256: str
    derivation: str
    chosen: int


@dataclass(frozen=True)
class LabelShare:
    """How many ballots have this label, and their share with its Wilson interval."""

    label: str
    count: int
    share: Interval


@dataclass(frozen=True)
class SelectionResult:
    """The chosen samples by pool index, most votes first, and the group that tied at the cut."""

    chosen: tuple[int, ...]
    tied_at_cut: tuple[int, ...]
    tie_rule: str
    asked: int
    reason: str


@dataclass(frozen=True)
class Alternative:
    """What the same ballots give when they are read otherwise, to stand beside what is reported.

    name: "without exclusions", or "as locked" by the protocol where a later analysis version is reported
    """

    name: str
    ballots: int
    label_shares: tuple[LabelShare, ...]
    majority: str | None
    majority_reason: str
    selection: SelectionResult


@dataclass(frozen=True)
class EnsembleResult:
    """The stored picture: digest of what it was made of, sha256 of its files."""

    pk: int
    digest: str
    rule: str
    png8_sha256: str
    png16_sha256: str
    tiff_sha256: str
    spread_sha256: str
    lr_consistency: float
    code_version: str
    residual_sha256: str = ""


@dataclass(frozen=True)
class Control:
    """What averaging alone gives: a metric over ensembles of as many random samples. Limits: 2.5 and 97.5 %.

    at_least_as_good: share of random draws that reach the voted ensemble or beat it; small is evidence of choice.
    """

    mean: float
    low: float
    high: float
    draws: int
    at_least_as_good: float


@dataclass(frozen=True)
class Metric:
    """One figure of merit: of the voted ensemble, of the random control, and of single samples on average.

    name: "lr_consistency" (dB), "psnr" (dB, capped at 100) or "ssim"; the latter two against the hidden truth.
    """

    name: str
    ensemble: float
    control: Control
    single_mean: float
    single_chosen_mean: float


@dataclass(frozen=True)
class VariantResult:
    """Another ensemble of the same item, see aggregation.variants; what is undefined is nan.

    samples: pool indexes, ascending; weights: one each, none where all weigh alike. effective_n: (sum of weights)^2 /
    sum of squared weights. label: of whose votes alone it is made, else empty. psnr and ssim: against the hidden truth
    reached: by measure the share of random means of as many samples that do as well or better, as in `Control`; only
    of plain means of as many samples as the study's own ensemble has
    """

    key: str
    label: str
    samples: tuple[int, ...]
    weights: tuple[float, ...]
    effective_n: float
    ensemble: EnsembleResult
    lr_consistency: float
    psnr: float
    ssim: float
    reached: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Readings:
    """Two labels' ensembles compared: do the samples support both? All in [0, 1], root mean squares.

    difference: between the two; within: standard deviation over one label's samples; both: difference > within, None
    where within is undefined
    """

    labels: tuple[str, str]
    difference: float
    within: float
    both: bool | None


@dataclass(frozen=True)
class VariantsResult:
    """State and reason as in EvaluationResult: votes may change while the selection, and so the evaluation, stays."""

    state: str = NOT_MADE
    reason: str = "the ensemble comes first"
    digest: str = ""
    variants: tuple[VariantResult, ...] = ()
    readings: tuple[Readings, ...] = ()
    version: str = ""


@dataclass(frozen=True)
class EvaluationResult:
    """State is "not made", "being made", "made" or "failed"; reason says why it is not made."""

    state: str
    reason: str
    pk: int | None
    digest: str
    control_seed: int | None
    control_draws: int
    ensemble: EnsembleResult | None
    metrics: tuple[Metric, ...]
    spread_chosen: float
    spread_pool: float
    version: str
    variants: VariantsResult = field(default_factory=VariantsResult)


@dataclass(frozen=True)
class ItemResults:
    """All that is known of one item. `samples` are in pool order, `label_shares` in that of `labels`.

    labels: those offered, then "cannot tell"; empty where no label is asked for. Sizes are in pixels.
    observed_ballots: of `ballots`, those whose page told which candidates were on screen for how long.
    families: of the samples, in the order in which they first occur in the pool; one where nothing is mixed.
    chance_threshold: votes that a sample needs not to be explained by random picking (Holm's first step).
    evidence: what a worker has made of the votes, estimators' results by name, see services.evidence_items; {} where
    it has not, or the votes have changed since.
    """

    pk: int
    position: int
    name: str
    low_res_sha256: str
    width: int
    height: int
    truth_sha256: str | None
    samples: tuple[SampleResult, ...]
    families: tuple[FamilyResult, ...]
    ballots: int
    simulated_ballots: int
    observed_ballots: int
    labels: tuple[str, ...]
    label_shares: tuple[LabelShare, ...]
    majority: str | None
    majority_reason: str
    selection: SelectionResult
    chance_threshold: Estimate
    evaluation: EvaluationResult
    alternatives: tuple[Alternative, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)

    def metric(self, name: str) -> Metric | None:
        """The metric of this name, where the evaluation has it."""
        return next((metric for metric in self.evaluation.metrics if metric.name == name), None)

    @property
    def named_shares(self) -> tuple[LabelShare, ...]:
        """Of the labels that name something: without "cannot tell"."""
        return self.label_shares[:-1]


@dataclass(frozen=True)
class AnalysisVersion:
    """How the ballots are read. Number 1 is what the protocol says; the last one is reported.

    reason: why it was decided otherwise, empty for number 1;  changes: what differs from the protocol
    analysis: ensemble_size, tie_rule, rules of exclusion, confidence and resamples, whole;  sha256: of its JSON
    """

    number: int
    made_at: str
    reason: str
    changes: dict[str, Any]
    analysis: dict[str, Any]
    sha256: str


@dataclass(frozen=True)
class StateChange:
    """The study became "open" or "closed", and how far it was then by the rule of its plan.

    by_rule: closed by itself;  finished: participants who were through and not left out;  met, why: what the rule said
    """

    state: str
    made_at: str
    by_rule: bool
    finished: int
    met: bool
    why: str


@dataclass(frozen=True)
class Excluded:
    """A participant whose ballots are left out, by pseudonym, and the rules of the plan that they fail."""

    participant: str
    simulated: bool
    rules: tuple[str, ...]


@dataclass(frozen=True)
class RatedPicture:
    """A picture that was rated. item: its position;  condition: its kind, or the name of an uploaded method.

    provenance: what it is made of, see services.opinions.stimuli; of the truth empty
    """

    item: int
    condition: str
    kind: str
    sha256: str
    provenance: dict[str, Any]


@dataclass(frozen=True)
class RatingPhase:
    """How pictures were rated after the voting: the settings, who began to, and the pictures item by item.

    translations: language -> instructions;  per_person: None for as many ratings as fit into half an hour
    people and simulated: who began and has not withdrawn
    """

    mode: str
    who: str
    instructions: str
    translations: dict[str, str]
    hidden_reference: bool
    anchors: bool
    repeats: int
    per_person: int | None
    seed: int
    opened_at: str
    closed_at: str
    people: int
    simulated: int
    stimuli: tuple[RatedPicture, ...]


@dataclass(frozen=True)
class StudyResults:
    """One consistent look at a study. Times are ISO 8601 in UTC, empty where they have not come yet.

    families: over all items together. excluded: under the last of analysis_versions; their ballots are in no figure
    evidence: over all items, see services.evidence_study; {} as for an item.
    state_changes: in their order, since they are kept. screens: of all participants, also who is excluded
    """

    pk: int
    name: str
    slug: str
    state: str
    created_at: str
    opened_at: str
    frozen_at: str
    closed_at: str
    collected_at: str
    code_version: str
    protocol: Protocol
    protocol_sha256: str
    participants: Participants
    families: tuple[FamilyResult, ...]
    items: tuple[ItemResults, ...]
    analysis_versions: tuple[AnalysisVersion, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    state_changes: tuple[StateChange, ...] = ()
    screens: Screens = field(default_factory=Screens)
    rating: RatingPhase | None = None

    @property
    def has_simulated(self) -> bool:
        """True when simulated participants are among the counted ones: a rehearsal, to be marked everywhere."""
        return self.participants.simulated > 0


def written(moment: datetime | None) -> str:
    """A time as results have it: ISO 8601 in UTC, empty where it has not come yet."""
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def to_jsonable(value: Any) -> Any:
    """Dataclasses, tuples and numbers as JSON knows them: nan and infinity become None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): to_jsonable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [to_jsonable(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


#: Parts of the protocol that studies had not always, as they were before.
_PARTS_ADDED = to_jsonable(
    {
        part.name: part.default if part.default_factory is dataclasses.MISSING else part.default_factory()
        for part in dataclasses.fields(Protocol)
        if part.default is not dataclasses.MISSING or part.default_factory is not dataclasses.MISSING
    }
)


def protocol_sha256(protocol: Mapping[str, Any]) -> str:
    """The digest of a protocol as results.json has it: what may still change, and parts that say nothing, left out."""
    content = {name: value for name, value in protocol.items() if name != "target_participants"}
    for name, before in _PARTS_ADDED.items():  # studies frozen before there was such a part keep their digest
        if content.get(name, before) == before:
            content.pop(name, None)
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
