"""The nouns of a study, one file each."""

from studies.models.addition import Addition
from studies.models.ballot import Ballot, Pick
from studies.models.evaluation import Evaluation
from studies.models.item import GroundTruth, Item
from studies.models.participant import Participant, Trial
from studies.models.study import CANNOT_TELL, Role, Study, StudyMembership, StudyState, TieRule

__all__ = [
    "CANNOT_TELL",
    "Addition",
    "Ballot",
    "Evaluation",
    "GroundTruth",
    "Item",
    "Participant",
    "Pick",
    "Role",
    "Study",
    "StudyMembership",
    "StudyState",
    "TieRule",
    "Trial",
]
