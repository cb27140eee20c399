"""Messages to workers. They are only hints: the rows say what is to be done, and `reconcile` repeats lost hints."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from celery import current_app
from django.utils import timezone
from kombu.exceptions import ChannelError, ConnectionError, OperationalError

from inference.models import GenerationJob, JobState

log = logging.getLogger(__name__)

# How long a message may wait in a broker before its job is sent once more.
PATIENCE = timedelta(minutes=10)


def send(name: str, **kwargs: Any) -> bool:
    """Publish a task; False, with a line in the log, when the broker cannot be reached."""
    try:
        current_app.send_task(name, kwargs=kwargs)
    except (OperationalError, ConnectionError, ChannelError, OSError) as error:
        log.warning("The broker cannot be reached (%s); %s %s will be sent again later.", error, name, kwargs)
        return False
    return True


def send_job(pk: int) -> bool:
    """Send a queued job and note on its row until when its message is on the way."""
    sent = send("inference.tasks.generate", job_id=pk)
    if sent:
        waiting = GenerationJob.objects.filter(pk=pk, state=JobState.QUEUED)
        waiting.update(lease_until=timezone.now() + PATIENCE)
    return sent


def send_ensemble(pk: int) -> bool:
    return send("inference.tasks.build_ensemble", ensemble_id=pk)
