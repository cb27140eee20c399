"""Settings as a visitor meets them: cookies and headers behind https, and what workers refuse to read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kombu.exceptions import ContentDisallowed
from kombu.serialization import dumps, loads, prepare_accept_content

from tests.trustsr.test_environment import PROJECT
from trustsr import celery_app

PRODUCTION = {"ALLOWED_HOSTS": "sr.example.org", "SECRET_KEY": "k9$Qz-7" * 10}
VISIT = """
import json, django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from studies import access
from tests.studies import factories
call_command("migrate", verbosity=0)
User.objects.create_user("ada", password="a long enough secret")
study = factories.open_study_with_pool()
client = Client(headers={"host": "sr.example.org"})
plain = client.get("/sign-in/")
page = client.get("/sign-in/", secure=True)
inside = client.post("/sign-in/", {"username": "ada", "password": "a long enough secret"}, secure=True)
taken = client.post(f"/s/{study.slug}/", secure=True)
cookies = {name: dict(morsel) for answer in (page, inside, taken) for name, morsel in answer.cookies.items()}
print(json.dumps({
    "plain": [plain.status_code, plain["Location"]],
    "hsts": page["Strict-Transport-Security"],
    "statuses": [page.status_code, inside.status_code, taken.status_code],
    "other host": client.get("/", secure=True, headers={"host": "evil.example"}).status_code,
    "cookies": cookies, "participant": access.cookie_name(study.slug), "path": f"/s/{study.slug}/",
}))
"""


def test_production_speaks_https_with_cookies_that_stay_there(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "TRUSTSR_DATA_DIR": str(tmp_path / "data"), **PRODUCTION}
    environment |= {"DJANGO_SETTINGS_MODULE": "trustsr.settings", "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", VISIT]
    visit = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert visit.returncode == 0, visit.stderr
    seen = json.loads(visit.stdout)

    assert seen["plain"] == [301, "https://sr.example.org/sign-in/"]
    assert seen["statuses"] == [200, 302, 303]
    assert seen["other host"] == 400
    assert "max-age=31536000" in seen["hsts"]
    assert "includeSubDomains" in seen["hsts"]
    assert set(seen["cookies"]) == {"__Host-session", "__Host-csrf", seen["participant"]}
    for name, cookie in seen["cookies"].items():
        assert (bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"]) == (True, True, "Lax"), name
        assert cookie["domain"] == "", name
        assert cookie["path"] == (seen["path"] if name == seen["participant"] else "/"), name


def test_workers_read_nothing_but_json() -> None:
    accepted = prepare_accept_content(celery_app.conf.accept_content)
    content_type, encoding, message = dumps({"task": "x"}, serializer="pickle")
    with pytest.raises(ContentDisallowed):
        loads(message, content_type, encoding, accept=accepted)
    content_type, encoding, message = dumps({"task": "x"}, serializer=celery_app.conf.task_serializer)
    assert loads(message, content_type, encoding, accept=accepted) == {"task": "x"}
