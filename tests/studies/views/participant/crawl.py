"""Everything that one participant's browser can ask for, asked for: every address, at whatever step they are.

Addresses come from the URL patterns themselves. A pattern whose values or questions are unknown here fails the crawl:
who adds an address to participants' pages says below what it may be asked, and what may be sent to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern, reverse

from studies.models import Study
from studies.views.participant.urls import urlpatterns

HTMX = {"HX-Request": "true"}

#: Addresses that are looked at by GET, with the questions they may be asked.
LOOKED_AT: dict[str, list[str]] = {
    "welcome": ["", "?lang=de", "?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE"],
    "invitation": [""],
    "declined": [""],
    "my-data": [""],
    "accessibility": [""],
    "trial": ["", "?lang=fr"],
    "thanks": [""],
    "check-pattern": [""],
    "introduction": [""],
    "study-picture": [""],
    "trial-low-res": [""],
    "rating-picture": [""],
    "candidates": [
        "", "?low=1", "?pages=0", "?pages=1-2", "?pages=0-99", "?pages=-1", "?low=1&pages=0", "?pages=0&all=1",
    ],
}  # fmt: skip
#: Of these, the ones that htmx asks for as fragments.
PAGES = ("welcome", "trial", "thanks", "introduction")
#: Addresses that take answers, with answers that must be refused or change nothing, at any step.
SENT_TO: dict[str, list[dict[str, object]]] = {
    "label": [{}, {"label": "9"}],
    "draft": [{"positions": ["x"]}, {"positions": [999]}],
    "ballot": [{}, {"submission_id": "x"}, {"label": "9", "positions": [1, 1]}],
    "language": [{"language": "xx"}],
    "check": [{}],
    "check-go-on": [],
    "check-give-up": [],
    "introduction-read": [],
    "feedback": [],
    "questionnaire": [{"age": "young"}],
    "withdraw": [],
    "rating-begin": [],
    "rating-give": [{}, {"answer": "9"}, {"submission_id": "x", "answer": "3"}],
}


@dataclass(frozen=True)
class Seen:
    """One answer. step: where the participant was."""

    name: str
    path: str
    step: str
    response: HttpResponseBase
    body: bytes

    @property
    def head(self) -> str:
        return "".join(f"{name}: {value}\n" for name, value in self.response.items())

    @property
    def data(self) -> bytes:
        return self.head.encode() + self.response.cookies.output().encode() + b"\n" + self.body

    def __str__(self) -> str:
        return f"{self.path} at {self.step} ({self.response.status_code})"


class Crawler:
    """One browser at one study. keys: of the personal links that were sent to who sits there."""

    def __init__(self, study: Study, client: Client, keys: Sequence[str] = ()) -> None:
        self.study, self.client, self.keys = study, client, keys

    def look(self, step: str) -> list[Seen]:
        """GET of every address; what only takes answers says so."""
        found = []
        for name, path in self.addresses():
            if name in LOOKED_AT:
                found += [self.seen(name, path + query, step) for query in LOOKED_AT[name]]
                found += [self.seen(name, path, step, headers=HTMX)] if name in PAGES else []
            else:
                assert self.client.get(path).status_code in (404, 405), f"{name} can be looked at: say so in LOOKED_AT"
        return found

    def try_all(self, step: str) -> list[Seen]:
        """POST of every wrong answer, as htmx sends it and, each second time, as a form."""
        headers = itertools.cycle([HTMX, {}])
        return [
            self.seen(name, path, step, data=data, headers=next(headers))
            for name, path in self.addresses()
            for data in SENT_TO.get(name, [])
        ]

    def seen(
        self,
        name: str,
        path: str,
        step: str,
        *,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Seen:
        response = (
            self.client.get(path, headers=headers) if data is None else self.client.post(path, data, headers=headers)
        )
        return Seen(name, path, step, response, body_of(response))

    def addresses(self) -> Iterator[tuple[str, str]]:
        """(name, path) of every address with every value that it may have here, and some that it may not."""
        for pattern in urlpatterns:
            assert isinstance(pattern, URLPattern)
            name = str(pattern.name)
            assert name in LOOKED_AT or name in SENT_TO, (
                f"participants have a new address, {name}: say what it may be asked"
            )
            names = list(pattern.pattern.converters)
            for values in itertools.product(*(self.values(name, part) for part in names)):
                yield name, reverse(f"studies:{name}", kwargs=dict(zip(names, values, strict=True)))

    def values(self, name: str, part: str) -> list[str | int]:
        """Of one part of an address."""
        known: dict[tuple[str, str], list[str | int]] = {
            ("invitation", "key"): [*self.keys, "1.aaaa", "2.aaaa"],
            ("check-pattern", "name"): ["dark", "light", "plate-1", "plate-2", "truth"],
            ("rating-picture", "side"): ["first", "second", "third"],
            ("study-picture", "name"): [*self.study.pictures.values_list("name", flat=True), "truth"],
        }
        if part == "slug":
            return [self.study.slug]
        if part == "number":
            return list(range(self.study.items.count() + self.study.repeats + 2))
        assert (name, part) in known, f"say which values {part} of {name} may have"
        return known[name, part]


def body_of(response: HttpResponseBase) -> bytes:
    if isinstance(response, StreamingHttpResponse):
        return b"".join(response.streaming_content)  # type: ignore[arg-type]
    assert isinstance(response, HttpResponse)
    return response.content
