"""Static files may be kept for ever, because they come from another address as soon as one of them changes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.templatetags.static import static
from django.test import Client

from tests.trustsr.test_environment import PROJECT
from tests.trustsr.test_settings import PRODUCTION
from trustsr.static_files import PACKAGES, versioned_url

OURS = sorted(path.relative_to(PROJECT / "static").as_posix() for path in (PROJECT / "static").rglob("*.*"))
SHOW = "from django.conf import settings; from django.templatetags.static import static; print(static('js/errors.js'))"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text("a")
    return tmp_path


def test_the_address_follows_the_content(folder: Path) -> None:
    first = versioned_url(folder)
    assert re.fullmatch(r"static/[0-9a-f]{16}/", first)
    assert versioned_url(folder) == first
    (folder / "js" / "a.js").write_text("b")
    second = versioned_url(folder)
    (folder / "js" / "a.js").rename(folder / "js" / "c.js")
    assert len({first, second, versioned_url(folder), versioned_url(folder, PACKAGES)}) == 4


def test_compressed_copies_and_times_do_not_change_it(folder: Path) -> None:
    first = versioned_url(folder)
    (folder / "js" / "a.js.gz").write_bytes(b"x")
    os.utime(folder / "js" / "a.js", (0, 0))
    assert versioned_url(folder) == first


@pytest.mark.parametrize("name", [*OURS, "admin/css/base.css"])
def test_every_file_may_be_kept_for_ever(name: str) -> None:
    answer = Client().get(static(name))
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]
    assert re.search(r"max-age=\d{8,}", answer["Cache-Control"])


def test_modules_find_each_other(client: Client) -> None:
    """By relative paths, which stay within one version."""
    modules = [name for name in OURS if name.endswith(".js")]
    imports = {
        found for name in modules for found in re.findall(r'from "(.+?)"', (PROJECT / "static" / name).read_text())
    }
    assert imports
    assert {found for found in imports if not re.fullmatch(r"\./\w+\.js", found)} == set()
    assert {f"js/{found[2:]}" for found in imports} <= set(modules)


def address(folder: Path, **environment: str) -> str:
    """Of one file, as an installation with this environment has it."""
    environment = {"PATH": os.environ["PATH"], "TRUSTSR_DATA_DIR": str(folder), **environment}
    environment |= {"DJANGO_SETTINGS_MODULE": "trustsr.settings", "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", f"import django; django.setup()\n{SHOW}"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_two_processes_of_one_installation_have_one_address(tmp_path: Path) -> None:
    assert address(tmp_path) == address(tmp_path) == static("js/errors.js")
    assert str(settings.STATIC_URL) in address(tmp_path)


def test_while_debugging_files_are_read_anew(tmp_path: Path) -> None:
    assert address(tmp_path, DEBUG="1") == "/static/js/errors.js"


def test_in_production_it_is_what_was_collected_that_counts(tmp_path: Path) -> None:
    """Files of the next release are served, and kept by browsers, from when they were collected."""
    before = address(tmp_path, **PRODUCTION)
    (tmp_path / "static" / "js").mkdir()
    (tmp_path / "static" / "js" / "errors.js").write_text("collected")
    after = address(tmp_path, **PRODUCTION)
    assert before != after
    assert address(tmp_path, **PRODUCTION) == after
