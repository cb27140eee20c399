"""What people named in the rating phase, beside what the same people saw before: tables for statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studies.aggregation.named import Naming
from studies.models import Mode, Rating, RatingPhase, Study
from studies.services.opinions.ratings import rated


@dataclass(frozen=True)
class Names:
    """All items. people: who named anything, of them simulated; left out are those whose ballots are left out."""

    items: tuple[Naming, ...]
    people: int
    simulated: int


def names(
    study: Study, before: Mapping[int, Mapping[int, str]], *, without: frozenset[int] = frozenset()
) -> Names | None:
    """First answers of people who have not withdrawn; None without a phase of naming. Four queries.

    before: item id -> participant id -> label in the voting, of those whose ballots count;  without: participants
    """
    phase = RatingPhase.objects.filter(study=study, mode=Mode.NAMING).first()
    if phase is None:
        return None
    rows = rated(phase)
    after: dict[int, dict[int, str]] = {one.pk: {} for one in rows}
    given = Rating.objects.given().filter(rater__phase=phase, repeat=0).exclude(rater__participant__in=without)
    people: dict[int, bool] = {}
    fields = ("rater__participant", "rater__participant__simulated", "stimulus", "label")
    for person, simulated, stimulus, label in given.values_list(*fields).iterator(chunk_size=5000):
        after[stimulus][person], people[person] = label, simulated
    items = []
    for pk, position, right in study.items.main().values_list("pk", "position", "expected_label"):
        shown = {one.condition: _texts(after[one.pk]) for one in rows if one.item == position}
        if shown:
            voted = {person: label for person, label in before.get(pk, {}).items() if person in people}
            items.append(Naming(position, _texts(voted), shown, right))
    return Names(tuple(items), len(people), sum(people.values()))


def _texts(given: Mapping[int, str]) -> dict[str, str]:
    return {str(person): label for person, label in given.items()}
