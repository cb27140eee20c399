"""What participants must not learn, and how to find it in whatever reached them: text, bytes, pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from django.core.files.storage import storages
from django.db.models import F
from numpy.typing import NDArray
from PIL import Image

from inference import store
from inference.models import GenerationJob, Sample, Weights
from studies.models import GroundTruth, Item, Study

FAR = 7_000_000_000  # so that a number of ours cannot be in a page by chance
PICTURE_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
PNG = b"\x89PNG\r\n\x1a\n"
OTHER_FORMATS = (b"JFIF", b"Exif", b"WEBPVP8", b"GIF8", b"II*\x00", b"MM\x00*")
NAME, WEIGHTS, SAMPLER = "zebra-truth-is-8.png", "mnemosyne", "srdiff"
RESEARCHER, STRANGER = "hypatia_the_researcher", "polyxena_the_colleague"
CONSISTENCY = 48.65432
#: Of 64 bits; unrelated pictures differ in about 32.
ALIKE = 8


def conceal(study: Study) -> None:
    """Give what must stay hidden values that nothing else has."""
    Item.objects.filter(study=study).update(name=NAME)
    Sample.objects.update(id=F("id") + FAR, seed=F("seed") + 2 * FAR, lr_consistency=CONSISTENCY)
    owner = study.memberships.get().user
    owner.username, owner.email = RESEARCHER, f"{RESEARCHER}@example.org"
    owner.save()


def unpack_pngs(data: bytes) -> list[bytes]:
    """Every PNG file anywhere in some bytes, whatever carries them."""
    found, at = [], data.find(PNG)
    while at >= 0:
        end = at + 8 + sum(len(chunk) for _, chunk in chunks(data[at:]))
        found.append(data[at:end])
        at = data.find(PNG, end)
    return found


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, whole chunk) of a PNG file, to its end."""
    at, kind = 8, b""
    while kind != b"IEND" and at + 8 <= len(png):
        length, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        yield kind, png[at : at + length + 12]
        at += length + 12


def pixels(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def difference_hash(image: NDArray[np.uint8]) -> int:
    """64 bits: is each of 8 x 8 places darker than its neighbour (Krawetz, "Kind of like that", 2013)."""
    small = np.asarray(Image.fromarray(image).convert("L").resize((9, 8), Image.Resampling.BOX), np.int64)
    return int("".join("01"[int(bit)] for bit in (small[:, 1:] > small[:, :-1]).ravel()), 2)


def average_hash(image: NDArray[np.uint8]) -> int:
    """64 bits: is each of 8 x 8 places lighter than the mean (Krawetz, "Looks like it", 2011)."""
    small = np.asarray(Image.fromarray(image).convert("L").resize((8, 8), Image.Resampling.BOX), np.float64)
    return int("".join("01"[int(bit)] for bit in (small > small.mean()).ravel()), 2)


HASHES = (difference_hash, average_hash)


def alike(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    """Whether two pictures of any sizes look alike by either hash."""
    return any((one(first) ^ one(second)).bit_count() <= ALIKE for one in HASHES)


@dataclass
class Secrets:
    """Of one study. texts: words and numbers; digests: sha256 as bytes; samples: pixels -> ids of the items."""

    texts: list[str] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    truths: list[NDArray[np.uint8]] = field(default_factory=list)
    samples: dict[bytes, set[int]] = field(default_factory=dict)
    _judged: dict[bytes, tuple[bool, bool, set[int] | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, study: Study) -> Secrets:
        made = cls()
        items = study.items.all()
        pool = Sample.objects.filter(job__in=items.values("jobs")).select_related("job")
        hashes = {*pool.values_list("sha256", flat=True), *items.values_list("low_res__sha256", flat=True)}
        hashes |= {truth.sha256 for truth in GroundTruth.objects.filter(item__study=study)}
        hashes |= set(GenerationJob.objects.values_list("digest", flat=True))
        hashes |= set(Weights.objects.values_list("sha256", flat=True))
        people = study.participants.values_list("seed", "code", "token_sha256")
        made.texts = [str(value) for row in people for value in row]
        made.texts += [str(value) for row in pool.values_list("pk", "seed") for value in row]
        made.texts += [*hashes, str(study.seed), "ldm", SAMPLER, WEIGHTS, "interpolat", NAME, "zebra", "simulated"]
        made.texts += [RESEARCHER, STRANGER, str(CONSISTENCY), "truth", "seed", "sampler", "votes"]
        made.digests = [bytes.fromhex(one) for one in hashes if re.fullmatch("[0-9a-f]{64}", one)]
        for truth in GroundTruth.objects.filter(item__study=study):
            made.files.append(store.get(truth.sha256, "truth", ".png", storage=storages["truth"]))
            made.truths.append(pixels(made.files[-1]))
        for item in items:
            for sample in item.pool:
                png = store.get(sample.sha256, "samples", ".png")
                made.samples.setdefault(pixels(png).tobytes(), set()).add(item.pk)
        return made

    def in_text(self, data: bytes) -> Iterator[str]:
        """Secrets that stand in some bytes, as words of their own; not looked for inside pictures."""
        plain = _without(data, unpack_pngs(data))
        for found in _any_of(tuple(self.texts)).finditer(plain):
            yield found[0].decode()
        for digest in self.digests:
            if digest in plain:
                yield f"sha256 {digest.hex()}"

    def in_pictures(self, data: bytes, allowed_items: Iterable[int]) -> Iterator[str]:
        """What is wrong with the pictures in some bytes. allowed_items: whose candidates may be seen by now."""
        if any(head in data[:64] for head in OTHER_FORMATS):
            yield "a picture of another format than PNG"
        if any(file in data for file in self.files):
            yield "the file of a truth"
        for png in unpack_pngs(data):
            yield from self._in_picture(png, set(allowed_items))

    def _in_picture(self, png: bytes, allowed: set[int]) -> Iterator[str]:
        if png not in self._judged:
            shown = pixels(png)
            items = self.samples.get(shown.tobytes())
            like_truth = items is None and any(alike(shown, truth) for truth in self.truths)
            self._judged[png] = {kind for kind, _ in chunks(png)} <= PICTURE_CHUNKS, like_truth, items
        plain, like_truth, items = self._judged[png]
        if not plain:
            yield "a picture with more than pixels in it"
        if like_truth:
            yield "a picture that looks like a truth"
        if items is not None and not items & allowed:
            yield "a candidate that may not be seen yet"


@cache
def _any_of(texts: tuple[str, ...]) -> re.Pattern[bytes]:
    """Each as a word of its own."""
    words = b"|".join(re.escape(text.encode()) for text in sorted(set(texts)))
    return re.compile(rb"(?<![A-Za-z0-9])(?:" + words + rb")(?![A-Za-z0-9])", re.I)


def _without(data: bytes, parts: Iterable[bytes]) -> bytes:
    for part in parts:
        data = data.replace(part, b" ")
    return data
