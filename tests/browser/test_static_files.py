"""Static files are asked for once: what the web server itself has in its log, as the demo starts it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studies.demo.processes import web_command
from tests.processes import Site
from tests.studies.views.participant.test_parallel_posts import free_port

STUDY = """
import json
from tests.studies import factories
print(json.dumps(factories.open_study_with_pool().slug))
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a study on a running site, and the site's log of requests."""
    site, port, log = Site(tmp_path), free_port(), tmp_path / "requests.log"
    site.run("manage.py", "migrate", "--verbosity=0")
    slug = json.loads(site.django(STUDY))
    with site.process(*web_command("127.0.0.1", port)[1:], "--access-logfile", str(log)):
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert time.monotonic() < deadline, site.log()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/s/{slug}/", log


def static_requests(log: Path) -> int:
    """How many have reached the server so far."""
    time.sleep(0.5)
    return log.read_text().count("GET /static/")


def test_the_second_page_asks_for_no_static_file(browser: Any, served: tuple[str, Path]) -> None:
    address, log = served
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="I agree, start").click()
    page.wait_for_url("**/trial/")
    page.wait_for_load_state("networkidle")
    asked = static_requests(log)
    assert asked > 5
    page.reload(wait_until="networkidle")
    page.goto(address, wait_until="networkidle")
    context.new_page().goto(address, wait_until="networkidle")
    assert static_requests(log) == asked
    context.close()
