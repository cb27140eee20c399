"""The Celery application. Tasks live in inference/tasks.py and studies/tasks.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trustsr.settings")

app = Celery("trustsr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
