"""Wiring of the site: settings, URLs, Celery and its file broker. Nothing of ours imports this package."""

from trustsr.celery import app as celery_app

__all__ = ["celery_app"]
