"""What every test stands on: its own files, a real SQLite file, recorded instead of published tasks, a tiny sampler."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest
from celery import Celery
from django.db import connection, connections

from inference import generation
from tests.tiny import TinySampler, register, write_weights
from trustsr import celery_app


def missing(reason: str) -> NoReturn:
    """Skip for want of a service or program; in CI (TRUSTSR_REQUIRE_ALL=1) that is a failure."""
    if os.environ.get("TRUSTSR_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason} (TRUSTSR_REQUIRE_ALL=1)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file, as in real life: a database in memory knows no concurrent connections."""
    if connection.vendor == "sqlite":
        name = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        connections["default"].settings_dict["TEST"]["NAME"] = name


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """A data folder and file storages of the test's own."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    settings.DATA_DIR = folder
    settings.STORAGES = {
        **settings.STORAGES,
        **{
            name: {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": str(folder / name), "base_url": None},
            }
            for name in ("default", "truth")
        },
    }
    return folder


@dataclass
class Sent:
    """Messages that would have been published, oldest first: (task name, kwargs)."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.messages]

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        taken, self.messages = self.messages, []
        return taken


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """Record what is sent to workers. Tests with a real broker run their programs in processes of their own."""
    record = Sent()

    def send_task(self: Celery, name: str, args: Any = None, kwargs: Any = None, **options: Any) -> None:
        assert not args, "tasks take keywords only"
        record.messages.append((name, dict(kwargs or {})))

    monkeypatch.setattr(Celery, "send_task", send_task)
    return record


@pytest.fixture
def run_tasks(sent: Sent) -> Callable[[], int]:
    """Commit (inside a test's transaction nothing else does), then do what was sent, until nothing is left."""

    celery_app.loader.import_default_modules()

    def run() -> int:
        done = 0
        while sent.messages or connection.run_on_commit:
            callbacks, connection.run_on_commit = connection.run_on_commit, []
            for callback in callbacks:
                callback[1]()
            for name, kwargs in sent.take():
                celery_app.tasks[name].run(**kwargs)
                done += 1
        return done

    return run


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, settings: Any, data_dir: Path) -> Iterator[type[TinySampler]]:
    """The sampler family `tiny` with its weights `tiny/grey` (x4, one channel) and `tiny/colour`."""
    register(monkeypatch)
    monkeypatch.setattr(generation, "_load", generation._load.__wrapped__)
    settings.TRUSTSR_DEVICE = "cpu"
    write_weights(data_dir / "weights")
    TinySampler.reset()
    yield TinySampler
    TinySampler.reset()
