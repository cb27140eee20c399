"""The rating phase of the headless demonstration: simulated voters rate what came of their votes."""

from __future__ import annotations

from tqdm import tqdm

from studies.errors import StudyError
from studies.models import RatingPhase, Study
from studies.services.opinions import rating_phase, stimuli
from studies.services.simulated import simulated_ratings

REPEATS = 3  # ratings asked once more, where the images are enough


def begun(study: Study) -> bool:
    """Whether people rate already, so that the votes stay as they are."""
    return RatingPhase.objects.filter(study=study, opened_at__isnull=False).exists()


def rate(study: Study, *, mode: str, participants: int, seed: int) -> None:
    """Make the stimuli, open, rate and close; begun before, it goes on where it was. Raises StudyError."""
    phase = rating_phase.of(study)
    if not begun(study):
        phase = rating_phase.update(study, mode=mode)
        stimuli.ask(phase)
        stimuli.make(phase.pk)
        phase.refresh_from_db()
        if phase.error:
            raise StudyError(f"The pictures to be rated could not be made: {phase.error}")
        asked = sum(map(len, rating_phase.tasks(phase).values()))
        phase = rating_phase.update(study, mode=mode, repeats=min(REPEATS, asked // 2))
    if not phase.is_open:
        rating_phase.open_phase(phase)
    simulated_ratings.simulate(
        study, count=participants, seed=seed, progress=lambda r: tqdm(r, desc="Simulated ratings")
    )
    rating_phase.close_phase(phase)
