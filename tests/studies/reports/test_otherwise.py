"""What the same ballots give when they are read otherwise, in words."""

from __future__ import annotations

from dataclasses import replace

from studies.reports.otherwise import otherwise
from studies.results import Alternative
from studies.services.results import collect
from tests.studies.exports.conftest import voted_study


def test_the_same_samples_in_another_order_of_votes_are_the_same_samples(db: None) -> None:
    (item, _) = collect(voted_study()).items
    (first, *others) = item.selection.chosen
    turned = replace(item.selection, chosen=(*others, first))
    other = Alternative("as locked", 4, item.label_shares, item.majority, item.majority_reason, turned)
    assert otherwise(item, other) == "As locked: 4 ballots; the same majority; the same samples."
    less = replace(other, selection=replace(turned, chosen=(first,)))
    assert otherwise(item, less).endswith(f"chosen is sample {first}.")
