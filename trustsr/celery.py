"""The Celery application. Tasks live in inference/tasks.py and studies/tasks.py."""

import os

from celery import Celery

from trustsr import broker  # noqa: F401  makes the scheme of the file broker known

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsr.settings")

app = Celery("trustsr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# The threads of a web server have no current app; they publish through this one.
app.set_default()
