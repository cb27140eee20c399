"""What the same ballots give when they are read otherwise, in one sentence to stand beside what is reported."""

from __future__ import annotations

from studies.results import Alternative, ItemResults


def otherwise(item: ItemResults, other: Alternative) -> str:
    """“As locked: 30 ballots; named most often is “5” (73 %, 56–86 %); chosen are the samples 3 and 7.”"""
    parts = [f"{other.ballots} ballot{'s' * (other.ballots != 1)}"]
    if other.label_shares:
        parts.append("the same majority" if other.majority == item.majority else _majority(other))
    same = set(other.selection.chosen) == set(item.selection.chosen)  # their order is that of the votes
    parts.append("the same samples" if same else _samples(other.selection.chosen))
    return f"{other.name[:1].upper()}{other.name[1:]}: {'; '.join(parts)}."


def _majority(other: Alternative) -> str:
    if other.majority is None:
        return f"no majority ({other.majority_reason})"
    (share,) = (row.share for row in other.label_shares if row.label == other.majority)
    interval = f"{100 * share.low:.0f}–{100 * share.high:.0f} %"
    return f"named most often is “{other.majority}” ({100 * share.value:.0f} %, {interval})"


def _samples(chosen: tuple[int, ...]) -> str:
    if not chosen:
        return "no sample chosen"
    names = " and ".join(filter(None, (", ".join(map(str, chosen[:-1])), str(chosen[-1]))))
    return f"chosen {'are the samples' if len(chosen) > 1 else 'is sample'} {names}"
