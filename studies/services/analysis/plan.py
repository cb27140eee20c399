"""The analysis plan of a study: whose ballots are left out, when to stop, how sure intervals are.

Part of the protocol: hashed with it, and frozen by the first ballot. `study.plan` holds it as JSON, {} for the plan
that studies had before there were plans: nobody is left out, and nothing stops a study. What may be decided again
after the freeze is a new analysis version (`versions`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from studies.models import Study
from studies.services.design.checked import Checked, option
from studies.services.ordering import derived_seed

NONE, COUNT, PRECISION, CONSENSUS = "", "count", "precision", "consensus"

#: Names of fields. Who is left out; what an analysis version may change; when to stop.
EXCLUSIONS = ("attention", "least_seconds", "same_place", "retest", "ratio_change")
ANALYSIS = (*EXCLUSIONS, "confidence", "resamples")
STOPPING = ("stopping", "most_participants", "half_width", "alpha", "close_when_reached")


class PlanError(ValueError):
    """A plan that cannot be; the message is one sentence for the researcher."""


@dataclass(frozen=True)
class Plan(Checked):
    """0 and False leave nobody out. Raises PlanError for a value of the wrong type or outside its range.

    attention, same_place, retest: shares of a participant's own answers, see `exclusions`
    half_width: of Wilson's interval at `confidence`;  alpha: of the e-value, which is to reach 1 / alpha
    resamples: of the bootstrap over participants;  its seeds follow from the study's, see `bootstrap_seed`
    """

    noun: ClassVar[str] = "rule of the analysis"
    nouns: ClassVar[str] = "rules of the analysis"
    error: ClassVar[type[ValueError]] = PlanError

    attention: float = option(
        0.0, "Attention checks right, at least",
        "Leave out who gets a smaller share of them right: 0.8 is four in five; 0 leaves nobody out.", high=1,
    )  # fmt: skip
    least_seconds: float = option(
        0.0, "Seconds for an image, at least",
        "Leave out who took less for more than half of their images; 0 leaves nobody out.", high=600,
    )  # fmt: skip
    same_place: float = option(
        0.0, "First picks at the same place, at most",
        "Leave out who made a larger share of their first picks at one and the same place of the grid; "
        "0 leaves nobody out.", high=1,
    )  # fmt: skip
    retest: float = option(
        0.0, "Repeated images answered alike, at least",
        "Leave out who gives a smaller share of the repeated images the same label again; 0 leaves nobody out.",
        high=1,
    )  # fmt: skip
    ratio_change: bool = option(False, "Leave out who changed the zoom or the screen", "While they looked at an image.")
    stopping: str = option(
        NONE, "Stop the study", choices=(
            (NONE, "when I close it"),
            (COUNT, "at a number of participants"),
            (PRECISION, "when the leading label of every image is known well enough"),
            (CONSENSUS, "when every image has a label that more than half see, by strong evidence"),
        ),
    )  # fmt: skip
    most_participants: int = option(
        0, "Participants, at most", "Who have finished. Every rule to stop needs a number at which it ends.",
        high=1_000_000,
    )  # fmt: skip
    half_width: float = option(
        0.1, "Known well enough: within", "Half the width of the interval of the leading label's share.",
        low=0.01, high=0.5,
    )  # fmt: skip
    alpha: float = option(
        0.05, "Beyond doubt: error probability", "The e-value must reach 1 divided by it: 20 for 0.05.",
        low=0.0001, high=0.5,
    )  # fmt: skip
    close_when_reached: bool = option(
        False, "Close the study when the rule is met", "Within about a minute. Otherwise the live page says so."
    )
    confidence: float = option(0.95, "Confidence of intervals", "0.95 for 95 %.", low=0.5, high=0.999)
    resamples: int = option(
        1000, "Bootstrap resamples", "Draws of participants that tell how stable the choice is.", low=100, high=10_000
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.stopping and not self.most_participants:
            raise PlanError("Say at how many participants the study stops at the latest.")

    def as_mapping(self) -> dict[str, Any]:
        """As a study stores it: everything written out, or nothing for the plan of studies without one."""
        return {} if self == Plan() else asdict(self)

    @property
    def screens(self) -> tuple[str, ...]:
        """The names of the rules by which somebody may be left out."""
        return tuple(name for name in EXCLUSIONS if getattr(self, name))


def problem(values: Any, *, ask_label: bool = True) -> str:
    """What is wrong with this plan for a study, in one sentence; empty when nothing is."""
    if sentence := Plan.problem(values):
        return sentence
    plan = Plan.from_mapping(values)
    if not ask_label and (plan.stopping in (PRECISION, CONSENSUS) or plan.retest):
        return "Precision, consensus and repeated answers are about labels: ask what people see, or leave them out."
    return ""


def of(study: Study) -> Plan:
    """The plan of the protocol, which was checked when it was stored."""
    return Plan.from_mapping(study.plan)


def bootstrap_seed(study_seed: int, position: int) -> int:
    """Of the resamples of participants for the item at this position."""
    return derived_seed(study_seed, f"bootstrap of item {position}")
