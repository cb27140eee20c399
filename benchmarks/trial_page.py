"""A trial page with 324 candidates of 128 x 128 in Chromium: how soon it can be used, what it asks for and holds.

Usable: the first page of candidates is painted and takes picks. Complete: all candidates have arrived. Both count from
asking for the page. Cold: a browser that was never here; warm: one that has our static files. Requests: all that reach
the server until nothing is under way, the next trial's pictures, which are loaded ahead, included. Each candidate is
grey noise of 64 levels: 14 KB, and never two alike.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.common import free_port, own_data_dir, resident_mib, set_up_django, table, web_server
from benchmarks.devtools import Page, open_page
from benchmarks.study import open_study

CANDIDATES, RUNS, PICKS = 324, 7, 20
LOW_RES_SIDE, NOISE = 32, 64
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
#: 10 Mbit/s and 40 ms, as DevTools emulates them.
SLOW = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}

#: Runs in the page from its beginning. seen: when each trial's first candidates, or its small image, were painted.
WATCH = """
window.bench = {seen: [], sent: 0, picks: []};
addEventListener("click", (event) => {
  if (event.target.closest("[data-send], .label-button")) bench.sent = event.timeStamp;
}, true);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.name === "click") bench.picks.push(entry.duration);
}).observe({type: "event", durationThreshold: 16, buffered: true});
const look = () => {
  const root = document.querySelector("[data-step]");
  const grid = root?.querySelector("[data-grid]:not([hidden])");
  const image = root?.dataset.step === "label" && root.querySelector("[data-low-res-text]").hidden;
  const ready = image || grid?.querySelector("canvas")?.width;
  const key = `${root?.dataset.key} ${root?.dataset.step}`;
  if (ready && bench.last !== key) {
    bench.last = key;
    // What is in the document now is painted before the next frame begins.
    requestAnimationFrame(() => bench.seen.push(performance.now()));
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
GRID = "document.querySelector('[data-grid]:not([hidden])')"
#: When the last candidate of the page's own trial had arrived; the next trial is loaded after it.
ARRIVED = """() => {
  const {bundle} = document.querySelector("[data-step]").dataset;
  const own = performance.getEntriesByType("resource").filter((one) => one.name.includes(`${bundle}?`));
  return Math.max(...own.map((one) => one.responseEnd));
}"""


class Visit:
    """One browser context at one study, and what its server noted of it."""

    def __init__(self, browser: Any, port: int, slug: str, log: Path) -> None:
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.trial, self.log = f"http://127.0.0.1:{port}/s/{slug}/trial/", log
        self.page.goto(f"http://127.0.0.1:{port}/s/{slug}/")
        self.page.locator("form button.button-primary").click()
        self.settled()

    def settled(self) -> None:
        self.page.wait_for_function("() => window.bench?.seen.length")
        self.page.wait_for_load_state("networkidle")

    def load(self) -> tuple[float, float, int]:
        """Seconds until usable and until complete of one load of the page, and requests that reached the server."""
        self.page.goto("about:blank")  # the page that is left may still send what it observed
        before = self.requests()
        self.page.goto(self.trial, wait_until="commit")
        self.settled()
        usable = self.page.evaluate("() => bench.seen[0]")
        return usable / 1000, max(usable, self.page.evaluate(ARRIVED)) / 1000, self.requests() - before

    def forget_files(self) -> None:
        self.context.new_cdp_session(self.page).send("Network.clearBrowserCache")

    def slow_down(self) -> None:
        session = self.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)

    def requests(self) -> int:
        self.page.wait_for_timeout(300)
        return len(self.log.read_text().splitlines())

    def pick(self) -> list[float]:
        """Milliseconds from each of many clicks on candidates, taken and given back, to the next frame."""
        for number in range(PICKS):
            self.page.locator(".candidate").nth(number // 2).click()
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(200)
        # Shorter ones are not told apart: 16 ms is one frame.
        found = self.page.evaluate("() => bench.picks")
        return [*found, *([16.0] * (PICKS - len(found)))]

    def send(self) -> float:
        """Seconds from sending a ballot to the next trial on screen, which was loaded ahead."""
        self.page.locator(".candidate").first.click()
        self.page.wait_for_load_state("networkidle")
        while self.page.locator("[data-forward]").is_visible():
            self.page.locator("[data-forward]").click()
            self.page.wait_for_timeout(300)
        self.page.wait_for_timeout(500)
        count = self.page.evaluate("() => bench.seen.length")
        self.page.locator("[data-send]").click()
        self.page.wait_for_function(f"() => bench.seen.length > {count}")
        return float(self.page.evaluate("() => bench.seen.at(-1) - bench.sent")) / 1000


@contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        sys.exit("Chromium is not installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def loads(visit: Visit, *, cold: bool) -> list[object]:
    found = []
    for _ in range(RUNS):
        if cold:
            visit.forget_files()
        found.append(visit.load())
    usable, complete, requests = zip(*found, strict=True)
    return [_median(usable), f"{max(usable):.2f}", _median(complete), statistics.median(requests)]


def _median(seconds: tuple[float, ...]) -> str:
    return f"{statistics.median(seconds):.2f}"


def loading(port: int, slug: str, log: Path, name: str) -> list[list[object]]:
    """How soon the page can be used, near and far from the server."""
    with chromium() as browser:
        visit = Visit(browser, port, slug, log)
        rows = [[name, "loopback, cold", *loads(visit, cold=True)], [name, "loopback, warm", *loads(visit, cold=False)]]
        visit.slow_down()
        rows += [[name, "10 Mbit/s, 40 ms, cold", *loads(visit, cold=True)]]
        return [*rows, [name, "10 Mbit/s, 40 ms, warm", *loads(visit, cold=False)]]


def using(port: int, slug: str, log: Path, name: str) -> list[object]:
    """What it takes to pick and to send, and memory."""
    with chromium() as browser:
        visit = Visit(browser, port, slug, log)
        visit.load()
        picks = visit.pick()
        sent = [visit.send() for _ in range(RUNS)]
    frames = f"{statistics.median(picks):.0f}, worst {max(picks):.0f}"
    answers = f"{1000 * statistics.median(sent):.0f}, worst {1000 * max(sent):.0f}"
    return [name, frames, answers, ", ".join(f"{one:.0f}" for one in memory(f"http://127.0.0.1:{port}/s/{slug}/"))]


def memory(address: str) -> list[float]:
    """MiB (PSS) of the process that draws the page: empty, with the first trial, after further ones."""
    with open_page(FLAGS) as page:
        time.sleep(2)
        found = [resident_mib(page.drawing_process())]
        page.ask("Page.navigate", url=address)
        page.wait("document.querySelector('form button.button-primary') !== null")
        page.evaluate("document.querySelector('form button.button-primary').click()")
        for _ in range(RUNS):
            page.wait(f"{GRID} !== null")
            time.sleep(2)  # the other pages and the next trial are loaded
            found.append(resident_mib(page.drawing_process()))
            answer(page)
    return [found[0], found[1], found[-1]]


def answer(page: Page) -> None:
    """Pick one, turn the pages, send; until the next trial has come."""
    page.evaluate("document.querySelector('.candidate').click()")
    while page.evaluate("document.querySelector('[data-forward]')?.hidden === false"):
        page.evaluate("document.querySelector('[data-forward]').click()")
        time.sleep(0.3)
    key = page.evaluate("document.querySelector('[data-step]').dataset.key")
    page.evaluate("document.querySelector('[data-send]').click()")
    page.wait(f"document.querySelector('[data-step]')?.dataset.key !== {key!r}")


def with_study(page_size: int, log: Path, measure: Callable[..., Any], name: str) -> Any:
    study = open_study(
        items=RUNS + 1, pool=CANDIDATES, picks=2, low_res_side=LOW_RES_SIDE, noise=NOISE, page_size=page_size
    )
    port = free_port()
    with web_server(port, "--access-logfile", str(log)):
        return measure(port, study.slug, log, name)


def main() -> None:
    sizes = {40: "9 pages of 36", CANDIDATES: "all on one page"}
    with own_data_dir(), tempfile.TemporaryDirectory() as folder:
        set_up_django()
        log = Path(folder) / "requests.log"
        loaded = [row for size, name in sizes.items() for row in with_study(size, log, loading, name)]
        used = [with_study(size, log, using, name) for size, name in sizes.items()]
    what = f"{CANDIDATES} candidates of 128 x 128"
    table(
        f"Trial page with {what}, Chromium, medians of {RUNS} loads",
        ["candidates", "network", "usable s", "worst", "complete s", "requests"],
        loaded,
    )
    table(
        f"In use: {PICKS} picks, {RUNS} ballots, next trial loaded ahead",
        [
            "candidates",
            "pick to frame ms",
            "sending to next trial ms",
            f"MiB: empty page, trial 1, trial {RUNS}",
        ],
        used,
    )


if __name__ == "__main__":
    main()
