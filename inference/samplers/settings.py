"""Settings of samplers: frozen dataclasses whose fields know their range, so that forms, jobs and files agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, Self

AUTO, FLOAT32, BFLOAT16 = "auto", "float32", "bfloat16"


class SettingsError(ValueError):
    """A setting, sampler or seed that cannot be used; the message is one sentence for the person who chose it."""


def setting(
    default: Any,
    *,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] | None = None,
) -> Any:
    """A dataclass field with its range or choices, and a sentence that a form can show."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True)
class SamplerSettings:
    """What every family offers. Subclasses add fields made by `setting`; all are checked on creation.

    Raises SettingsError for a value of the wrong type or outside its range.
    """

    projection: int = setting(
        0, low=0, high=5, help="Steps of back-projection onto the low-resolution image; 0 shows samples as drawn."
    )
    precision: str = setting(
        AUTO,
        choices=(AUTO, FLOAT32, BFLOAT16),
        help="Numbers in the network: auto is what its weights ask for; bfloat16 is faster where the processor has it.",
    )

    def __post_init__(self) -> None:
        for item in fields(self):
            _check(item, getattr(self, item.name))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Make settings from a job's JSON or from text (``{"steps": "20"}``); unknown names are refused."""
        known = {item.name: item for item in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise SettingsError(f"There is no setting {unknown[0]!r}: choose among {', '.join(known)}.")
        return cls(**{name: _parse(known[name], value) for name, value in values.items()})

    def as_mapping(self) -> dict[str, Any]:
        """Plain values by name, as a job stores them."""
        return asdict(self)


def _kind(item: Field[Any]) -> type:
    return type(item.default)


def _parse(item: Field[Any], value: Any) -> Any:
    """Text as it comes from a form or a command line, in the field's type; other values as they are."""
    kind = _kind(item)
    if not isinstance(value, str) or kind is str:
        return value
    if kind is bool and value.lower() in ("true", "false", "1", "0", "yes", "no", "on", "off"):
        return value.lower() in ("true", "1", "yes", "on")
    try:
        return int(value) if kind is int else float(value) if kind is float else value
    except ValueError:
        return value


def _check(item: Field[Any], value: Any) -> None:
    kind, low, high, choices = _kind(item), *(item.metadata.get(key) for key in ("low", "high", "choices"))
    if kind is bool:
        fits, wanted = isinstance(value, bool), "true or false"
    elif choices is not None:
        fits, wanted = value in choices, "one of " + ", ".join(choices)
    else:
        number = isinstance(value, int if kind is int else (int, float)) and not isinstance(value, bool)
        fits = number and low <= value <= high
        wanted = f"a {'whole number' if kind is int else 'number'} from {low} to {high}"
    if not fits:
        raise SettingsError(f"The setting {item.name!r} must be {wanted}, not {value!r}.")
