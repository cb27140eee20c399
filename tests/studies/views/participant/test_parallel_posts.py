"""One ballot posted fifty times at once over HTTP, to the web server that the demo starts, on a SQLite file."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from studies.demo.processes import web_command
from tests.processes import Site

COUNT = 50
CSRF = "c" * 32
Body = list[tuple[str, str]]

# Two participants of one open study, their labels given.
PLACES = """
import json
from studies import access
from studies.services import enrolment, voting
from tests.studies import factories
study = factories.open_study_with_pool(pool_size=60, page_size=60)
people = [enrolment.enrol(study) for _ in range(2)]
for person, _ in people:
    voting.give_label(voting.current_trial(person), "5")
cookies = [f"{access.cookie_name(study.slug)}={access.cookie_value(study, token)}" for _, token in people]
print(json.dumps({"path": f"/s/{study.slug}/trial/1/ballot/", "cookies": cookies}))
"""
STORED = """
import json
from studies.models import Ballot
rows = [list(ballot.picks.values_list("position", flat=True)) for ballot in Ballot.objects.order_by("pk")]
print(json.dumps(rows))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Site, int]]:
    """A running site of its own, and its port."""
    site, port = Site(tmp_path), free_port()
    site.run("manage.py", "migrate", "--verbosity=0")
    with site.process(*web_command("127.0.0.1", port)[1:]):
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert time.monotonic() < deadline, site.log()
            time.sleep(0.1)
        yield site, port


def post_all_at_once(port: int, path: str, cookie: str, bodies: list[Body]) -> list[int]:
    """The status of each answer; every client has its connection open before any of them sends."""
    headers = {"Cookie": f"{cookie}; csrftoken={CSRF}", "X-CSRFToken": CSRF, "HX-Request": "true"}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    ready = threading.Barrier(len(bodies))

    def send(body: Body) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.connect()
        ready.wait(60)
        connection.request("POST", path, urlencode(body), headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(send, bodies))


def test_fifty_posts_at_once_are_one_ballot(site: tuple[Site, int]) -> None:
    """1.15 (1): the same submission is one row and 200 each time; of different ones, one is stored, the others 409."""
    running, port = site
    places: dict[str, Any] = json.loads(running.django(PLACES))
    first, second = places["cookies"]

    same: Body = [("submission_id", str(uuid.uuid4())), ("label", "5"), ("positions", "0"), ("positions", "1")]
    assert post_all_at_once(port, places["path"], first, [same] * COUNT) == [200] * COUNT

    different = [[("submission_id", str(uuid.uuid4())), ("label", "5"), ("positions", str(at))] for at in range(COUNT)]
    statuses = post_all_at_once(port, places["path"], second, different)
    assert (statuses.count(200), statuses.count(409)) == (1, COUNT - 1)
    assert json.loads(running.django(STORED)) == [[0, 1], [statuses.index(200)]]
