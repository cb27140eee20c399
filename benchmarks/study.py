"""An open study with real files in its pools, made directly: drawing is not what these benchmarks measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from studies.models import Study


def open_study(*, items: int, pool: int, picks: int, low_res_side: int = 8, noise: int = 256, **fields: Any) -> Study:
    """Grey noise, x4, without a label question. Needs Django set up and the database migrated.

    noise: grey levels that a pixel may have; fewer compress better. fields: of the study
    """
    from django.contrib.auth.models import User

    from inference import services
    from inference.core.images import encode_png
    from inference.models import JobState, Sample
    from inference.store import put_all
    from studies.services import intake, lifecycle
    from studies.services.candidates import drawing

    rng = np.random.default_rng(1)

    def picture(side: int) -> bytes:
        return encode_png(rng.integers(0, noise, (side, side, 1), dtype=np.uint8))

    study = lifecycle.create_study(
        User.objects.get_or_create(username="benchmark")[0],
        name="Benchmark",
        weights=services.catalogue()[0],
        pool_size=pool,
        max_picks=picks,
        ensemble_size=min(5, pool),
        **{"question": "Which?", "ask_label": False, "consent_text": "Yes."} | fields,
    )
    for number in range(items):
        intake.add_item(study, picture(low_res_side), name=str(number))
    for job in drawing.start(study):
        shas = put_all([picture(4 * low_res_side) for _ in job.seeds], "samples", ".png")
        Sample.objects.bulk_create(
            Sample(job=job, index=i, seed=job.first_seed + i, sha256=sha, lr_consistency=40.0)
            for i, sha in enumerate(shas)
        )
        type(job).objects.filter(pk=job.pk).update(state=JobState.DONE)
    return lifecycle.open_study(study)
