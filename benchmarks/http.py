"""A small HTTP/1.1 client for many simulated browsers in one thread: kept connections, chunked answers, cookies."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

#: Servers close a connection that was idle for two seconds.
IDLE = 1.5

Form = list[tuple[str, object]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Connection:
    """One browser's: cookies, and one connection that is opened anew after a pause."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    used: float = 0.0
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, *, htmx: bool = False) -> Answer:
        return await self.ask("GET", path, b"", htmx)

    async def post(self, path: str, form: Form, *, htmx: bool = False) -> Answer:
        return await self.ask("POST", path, urlencode(form).encode(), htmx)

    async def ask(self, method: str, path: str, body: bytes, htmx: bool) -> Answer:
        """Raises OSError, or EOFError where the answer breaks off."""
        kept = self.streams is not None and time.monotonic() - self.used < IDLE
        request = self._head(method, path, len(body), htmx) + body
        try:
            answer = await self._ask(request, kept)
        except (OSError, EOFError):
            if not kept:
                raise
            # The server had closed the kept connection meanwhile: browsers, too, ask again on a new one.
            answer = await self._ask(request, False)
        self.used = time.monotonic()
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    async def _ask(self, request: bytes, kept: bool) -> Answer:
        if not kept or self.streams is None:
            self.close()
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        try:
            writer.write(request)
            await writer.drain()
            return await _read(reader, self.cookies)
        except (OSError, EOFError):
            self.close()
            raise

    def close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
        self.streams = None

    def _head(self, method: str, path: str, length: int, htmx: bool) -> bytes:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Cookie: {cookies}"]
        if method == "POST":
            lines += [f"Content-Length: {length}", "Content-Type: application/x-www-form-urlencoded"]
            lines += [f"X-CSRFToken: {self.cookies.get('csrftoken', '')}"]
        return "\r\n".join([*lines, *(["HX-Request: true"] * htmx), "", ""]).encode()


async def _read(reader: asyncio.StreamReader, cookies: dict[str, str]) -> Answer:
    status = int((await reader.readuntil(b"\r\n")).split()[1])
    headers: dict[str, str] = {}
    while (line := (await reader.readuntil(b"\r\n")).decode("latin-1").strip()) != "":
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
        if name.lower() == "set-cookie":
            key, _, rest = value.partition("=")
            cookies[key] = rest.partition(";")[0]
    if headers.get("transfer-encoding") == "chunked":
        return Answer(status, headers, await _chunks(reader))
    return Answer(status, headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = bytearray()
    while size := int(await reader.readuntil(b"\r\n"), 16):
        found += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return bytes(found)
