"""Parts of a protocol that check themselves: frozen dataclasses, each field with its range and the words of a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, ClassVar, Self


def option(default: Any, label: str, help: str = "", *, low: float = 0, high: float = 0, choices: Any = ()) -> Any:
    """A field of a `Checked` with its range or choices, and the words that a form shows."""
    return field(default=default, metadata={"label": label, "help": help, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True)
class Checked:
    """Raises its own `error`, one sentence for the researcher, for a value of the wrong type or outside its range.

    Numbers that need not be whole are kept as floats: 2 and 2.0 are the same rule, with the same digest.
    noun, nouns: what one of its fields, and several, are called in that sentence
    """

    noun: ClassVar[str] = ""
    nouns: ClassVar[str] = ""
    error: ClassVar[type[ValueError]] = ValueError

    def __post_init__(self) -> None:
        for item in fields(self):
            if wanted := _wanted(item, getattr(self, item.name)):
                raise self.error(f"“{item.metadata['label']}” must be {wanted}.")
            if isinstance(item.default, float):
                object.__setattr__(self, item.name, float(getattr(self, item.name)))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """What is left out has its default."""
        if not isinstance(values, Mapping):
            raise cls.error(f"Give the {cls.nouns} as names with values.")
        known = [item.name for item in fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            raise cls.error(f"There is no {cls.noun} “{unknown[0]}”: choose among {', '.join(known)}.")
        return cls(**values)

    def as_mapping(self) -> dict[str, Any]:
        """As a study stores it: everything written out."""
        return asdict(self)

    @classmethod
    def problem(cls, values: Any) -> str:
        """What is wrong with these values, in one sentence; empty when nothing is."""
        try:
            cls.from_mapping(values)
        except cls.error as error:
            return str(error)
        return ""


def _wanted(item: Field[Any], value: Any) -> str:
    """What a value must be; empty when it is."""
    low, high, choices = (item.metadata[key] for key in ("low", "high", "choices"))
    if choices:
        known = [key for key, _words in choices]
        fits, wanted = value in known, f"one of {', '.join(key or 'nothing' for key in known)}"
    elif isinstance(item.default, bool):
        fits, wanted = isinstance(value, bool), "true or false"
    else:
        whole = isinstance(item.default, int)
        number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        fits, wanted = number and low <= value <= high, f"a {'whole ' * whole}number from {low} to {high:,}"
    return "" if fits else wanted
