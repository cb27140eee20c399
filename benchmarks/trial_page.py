"""A trial page with 324 candidates in Chromium on loopback: from asking for the page until every one is drawn."""

from __future__ import annotations

import os
import shutil
import sys
import time

from benchmarks.common import free_port, own_data_dir, set_up_django, table, web_server
from benchmarks.study import open_study

CANDIDATES, RUNS = 324, 7
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def measure(slug: str, port: int) -> tuple[list[float], int]:
    """Seconds of each reload, and the requests of the last one."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed.")
    requests: list[str] = []
    seconds = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"http://127.0.0.1:{port}/s/{slug}/")
        page.get_by_role("button", name="I agree, start").click()
        for _ in range(RUNS):
            page.locator("[data-grid]:not([hidden])").wait_for()
            requests.clear()
            began = time.perf_counter()
            page.reload(wait_until="commit")
            page.locator("[data-grid]:not([hidden])").wait_for()
            seconds.append(time.perf_counter() - began)
        browser.close()
    return sorted(seconds), len(requests)


def main() -> None:
    with own_data_dir():
        set_up_django()
        rows = [row(side) for side in (8, 32)]
    table(
        f"Trial page with {CANDIDATES} candidates, Chromium, {RUNS} reloads",
        ["candidate px", "median s", "best s", "worst s", "requests"],
        rows,
    )


def row(side: int) -> list[object]:
    port = free_port()
    study = open_study(items=1, pool=CANDIDATES, picks=2, low_res_side=side)
    with web_server(port):
        seconds, requests = measure(study.slug, port)
    return [4 * side, f"{seconds[RUNS // 2]:.2f}", f"{seconds[0]:.2f}", f"{seconds[-1]:.2f}", requests]


if __name__ == "__main__":
    main()
