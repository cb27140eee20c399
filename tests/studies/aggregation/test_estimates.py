"""What every estimate carries: name, version, and a digest of what it rests on."""

import hashlib

import numpy as np

from studies.aggregation.agreement import mean_jaccard
from studies.aggregation.counts import top_n
from studies.aggregation.intervals import simultaneous, wilson
from studies.aggregation.labels import majority


def test_the_digest_is_that_of_all_arguments_as_json():
    text = '{"confidence":0.95,"successes":22,"trials":30}'
    assert wilson(22, 30).inputs == hashlib.sha256(text.encode()).hexdigest()


def test_the_same_numbers_have_the_same_digest_however_they_are_given():
    given = [[1, 2, 3], (1, 2, 3), np.array([1, 2, 3]), np.array([1.0, 2.0, 3.0], dtype=np.float32)]
    assert len({top_n(votes, 2).inputs for votes in given}) == 1
    assert mean_jaccard([{3, 1}, {12, 2}]).inputs == mean_jaccard([(1, 3), (2, 12)]).inputs


def test_other_inputs_and_other_settings_have_another_digest():
    digests = [top_n([1, 2, 3], 2), top_n([1, 2, 4], 2), top_n([1, 2, 3], 1), top_n([1, 2, 3], 2, ties="strict")]
    assert len({one.inputs for one in digests}) == 4
    keys = [top_n([1, 1], 1, ties="secondary", keys=keys).inputs for keys in ([np.nan, 1], [0, 1])]
    assert keys[0] != keys[1]


def test_what_can_be_read_once_is_still_read_and_digested():
    assert majority(label for label in "5565").value == "5"
    assert majority(label for label in "5565").inputs == majority(list("5565")).inputs


def test_each_of_several_results_carries_it():
    first, second = simultaneous([22, 8])
    assert first.inputs == second.inputs != ""
