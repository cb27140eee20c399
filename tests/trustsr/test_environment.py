"""Settings from the environment: nonsense stops the start, in one line with the setting's name."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def manage(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py in a process of its own with this environment only."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=kept | {"TRUSTSR_DATA_DIR": str(tmp_path / "data")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_starts_without_any_setting(tmp_path: Path) -> None:
    result = manage(tmp_path, "check")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"),
        ("SECRET_KEY", "short"),
        ("ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", "mongodb://somewhere"),
        ("DATABASE_URL", "nonsense"),
        ("CELERY_BROKER_URL", "ftp://somewhere"),
        ("CACHE_URL", "memcached://somewhere"),
        ("STORAGE_URL", "gopher://somewhere"),
        ("TRUSTSR_MAX_LOW_RES_SIDE", "large"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_nonsense_stops_the_start_with_the_name(tmp_path: Path, name: str, value: str) -> None:
    result = manage(tmp_path, "check", **{name: value})
    assert result.returncode == 1
    assert name in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = manage(tmp_path, "check", TRUSTSR_DATA_DIR=str(tmp_path / "file" / "data"))
    assert result.returncode == 1
    assert "TRUSTSR_DATA_DIR" in result.stderr


@pytest.mark.parametrize("database", ["", "postgres://nobody@127.0.0.1:1/nothing"])
def test_a_database_that_is_empty_or_away_is_one_line(tmp_path: Path, database: str) -> None:
    environment = {"DATABASE_URL": database} if database else {}
    result = manage(tmp_path, "export_study", "1", str(tmp_path / "out"), **environment)
    assert result.returncode == 1
    assert "The database cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


def test_debug_is_refused_beyond_this_machine(tmp_path: Path) -> None:
    result = manage(tmp_path, "check", DEBUG="1", ALLOWED_HOSTS="sr.example.org")
    assert result.returncode == 1
    assert "DEBUG" in result.stderr


def test_the_own_key_is_private_and_kept(tmp_path: Path) -> None:
    manage(tmp_path, "check")
    key = tmp_path / "data" / "secret_key"
    first = key.read_text()
    assert len(first) >= 50
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    manage(tmp_path, "check")
    assert key.read_text() == first


def test_production_passes_djangos_deployment_check(tmp_path: Path) -> None:
    result = manage(
        tmp_path,
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        ALLOWED_HOSTS="sr.example.org",
        SECRET_KEY="k9$Qz-7" * 10,
    )
    assert result.returncode == 0, result.stderr


def test_a_bucket_has_two_private_parts(tmp_path: Path) -> None:
    """Option names are those of django-storages' S3 backend; ground truths lie apart from what is shown."""
    program = "from django.conf import settings; import json; print(json.dumps(settings.STORAGES))"
    url = "s3://pictures/site?endpoint=https://objects.example.org&region=eu-1"
    result = manage(tmp_path, "shell", "-v", "0", "-c", program, STORAGE_URL=url)
    assert result.returncode == 0, result.stderr
    stores = json.loads(result.stdout.strip().splitlines()[-1])
    common = {
        "bucket_name": "pictures",
        "default_acl": "private",
        "endpoint_url": "https://objects.example.org",
        "region_name": "eu-1",
    }
    assert stores["default"] == {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": common | {"location": "site/media"},
    }
    assert stores["truth"]["OPTIONS"] == common | {"location": "site/truth"}
