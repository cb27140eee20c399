"""What simulated raters name: each picture by its own pixels, as `perception` reads it, never by what is known.

The truth is read like every other picture. Before and after are drawn apart from each other: nobody sticks to what
they said before, and nobody learns from one picture for the next.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.core.images import read_image, to_uint8
from studies.models import CANNOT_TELL, Rating, RatingPhase
from studies.services.opinions import stimuli
from studies.services.ordering import derived_seed
from studies.services.simulated.perception import read_picture
from studies.services.simulated.simulation import CANNOT_TELL_SHARE

#: Stimulus id -> how likely each label is to be read in it.
Views = dict[int, NDArray[np.float64]]


def views(phase: RatingPhase) -> Views:
    """What every picture of the phase looks like to everybody."""
    study = phase.study
    return {
        one.pk: read_picture(study, one.item, to_uint8(read_image(stimuli.png(one))))
        for one in phase.stimuli.select_related("item")
    }


def name(one: Rating, seen: Views, seed: int) -> str:
    """The label that somebody with this seed gives, or "cannot tell"."""
    rng = np.random.default_rng(derived_seed(seed, f"simulated name {one.number}"))
    shares = seen[one.stimulus_id]
    read = int(rng.choice(len(shares), p=shares))
    return CANNOT_TELL if rng.random() < CANNOT_TELL_SHARE else one.rater.phase.study.labels[read]
