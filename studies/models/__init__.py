"""The nouns of a study, one file each."""

from studies.models.addition import Addition
from studies.models.analysis import AnalysisVersion, StateChange
from studies.models.ballot import Ballot, Pick
from studies.models.evaluation import Evaluation, Variant, VariantSet
from studies.models.evidence import Evidence
from studies.models.flow import QuestionnaireAnswers, ViewingCheck
from studies.models.imported import Imported
from studies.models.item import GroundTruth, Item, Kind
from studies.models.observation import Observation
from studies.models.participant import Participant, Source, Trial
from studies.models.rating import (
    Method,
    MethodImage,
    Mode,
    Preference,
    Rater,
    Rating,
    RatingPhase,
    Stimulus,
    StimulusKind,
    Who,
)
from studies.models.recruiting import Invitation, RecruiterIdentity, Recruiting
from studies.models.report import Report
from studies.models.study import CANNOT_TELL, Region, Role, Study, StudyMembership, StudyState, TieRule
from studies.models.texts import ConsentVersion, StudyPicture, StudyText

__all__ = [
    "CANNOT_TELL",
    "Addition",
    "AnalysisVersion",
    "Ballot",
    "ConsentVersion",
    "Evaluation",
    "Evidence",
    "GroundTruth",
    "Imported",
    "Invitation",
    "Item",
    "Kind",
    "Method",
    "MethodImage",
    "Mode",
    "Observation",
    "Participant",
    "Pick",
    "Preference",
    "QuestionnaireAnswers",
    "Rater",
    "Rating",
    "RatingPhase",
    "RecruiterIdentity",
    "Recruiting",
    "Region",
    "Report",
    "Role",
    "Source",
    "StateChange",
    "Stimulus",
    "StimulusKind",
    "Study",
    "StudyMembership",
    "StudyPicture",
    "StudyState",
    "StudyText",
    "TieRule",
    "Trial",
    "Variant",
    "VariantSet",
    "ViewingCheck",
    "Who",
]
