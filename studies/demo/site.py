"""The embedded site: web server and worker as children, example studies drawn and opened, until Ctrl-C."""

from __future__ import annotations

import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connections
from django.urls import reverse
from tqdm import tqdm

from inference import services as inference_services
from studies.demo import examples, processes
from studies.errors import StudyError
from studies.models import Study, StudyState
from studies.services import lifecycle, sign_in
from studies.services.candidates import drawing
from studies.tasks import erase_identities
from studies.tasks import reconcile as reconcile_evaluations

if TYPE_CHECKING:
    from django.contrib.auth.models import User

HOST = "127.0.0.1"
TICK = 0.5
RECONCILE_EVERY = 60.0


def run(
    owner: User,
    wanted: Sequence[examples.Example],
    *,
    port: int,
    items: int | None,
    say: Callable[[str], object],
) -> None:
    """Start everything, print the addresses, draw and open the wanted studies, then watch until Ctrl-C.

    items: images of each study, by default as many as it says
    """
    port = free_port(port)
    logs = settings.DATA_DIR / "logs"
    web = processes.Child("web server", processes.web_command(HOST, port), logs / "web.log")
    worker = processes.Child(
        "worker",
        processes.worker_command(),
        logs / "worker.log",
        before=lambda: inference_services.reconcile(worker_died=True),
    )
    children = [web, worker]
    for number in (signal.SIGINT, signal.SIGTERM):
        # A shell starts background jobs with SIGINT ignored; service managers send SIGTERM.
        signal.signal(number, signal.default_int_handler)
    try:
        web.start()
        worker.start()
        studies = [examples.study(owner, example, items=items or example.items) for example in wanted]
        wait_for(f"http://{HOST}:{port}/", web)
        say(addresses(studies, owner, f"http://{HOST}:{port}"))
        for study in studies:
            prepare(study, children, say)
        say("Ctrl-C stops everything; `make demo` goes on where it was.")
        keep_running(children, say)
    except KeyboardInterrupt:
        say("\nStopping. Nothing is lost.")
    finally:
        processes.stop_all(children)
        connections.close_all()


def addresses(studies: list[Study], owner: User, base: str) -> str:
    """What the person at the terminal needs, and nothing else. studies: the standard one first."""
    votes = [f"{base}{reverse('studies:welcome', args=[study.slug])}" for study in studies]
    more = "".join(f"\n  and, in “{study.name}”, at {vote}" for study, vote in zip(studies[1:], votes[1:], strict=True))
    return (
        f"\n  Participants vote at       {votes[0]}{more}"
        f"\n  The researcher signs in at {base}{sign_in.make_link_path(owner)}   (works once)\n"
    )


def prepare(study: Study, children: list[processes.Child], say: Callable[[str], object]) -> None:
    """Have the pools drawn, with a bar, and open the study. A study already open or closed is left as it is."""
    if study.state != StudyState.DRAFT:
        return
    if not drawing.ready(study):
        drawing.start(study)
        follow(study, children, say)
    try:
        lifecycle.open_study(study)
        say("The study is open.")
    except StudyError as error:
        say(f"The study was not opened: {error.message}")


def follow(study: Study, children: list[processes.Child], say: Callable[[str], object]) -> None:
    """Show the drawing as a bar until every job has settled."""
    now = drawing.progress(study)
    with tqdm(total=now.total, initial=now.done, desc="Drawing candidates", unit="sample") as bar:
        while now.running:
            watch(children, bar.write)
            time.sleep(TICK)
            now = drawing.progress(study)
            if now.done != bar.n:
                bar.update(now.done - bar.n)
    for error in {item.error for item in now.items if item.error}:
        say(f"Drawing stopped: {error}")


def keep_running(children: list[processes.Child], say: Callable[[str], object]) -> None:
    """Watch the children, and each minute send again what may have been forgotten, as `celery beat` does elsewhere."""
    due = time.monotonic() + RECONCILE_EVERY
    while True:
        watch(children, say)
        if time.monotonic() > due:
            try:
                inference_services.reconcile()
                reconcile_evaluations()
                erase_identities()
            except DatabaseError as error:  # such as a full disk; the site must outlive it
                say(f"The database could not be asked for forgotten work ({error}); trying again in a minute.")
            due = time.monotonic() + RECONCILE_EVERY
        time.sleep(TICK)


def watch(children: list[processes.Child], say: Callable[[str], object]) -> None:
    for child in children:
        if child.watch():
            say(f"The {child.name} ended; it is started again. What it said is in {child.log}.")


def free_port(port: int) -> int:
    """This port, or the next of the following 20 that nobody listens on."""
    for candidate in range(port, port + 20):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, candidate))
            except OSError:
                continue
            return candidate
    raise StudyError(f"Ports {port} to {port + 19} are all taken; give another with --port.")


def wait_for(url: str, web: processes.Child, patience: float = 20.0) -> None:
    """Return when the site answers; a web server that dies at once is told by its log."""
    # A proxy in the environment cannot reach this machine's own loopback address.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            direct.open(url, timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if not web.running:
                break
            time.sleep(0.05)
    raise StudyError(f"The web server did not start; what it said is in {web.log}.")
