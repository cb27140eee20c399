"""Settings check themselves, and read what forms, jobs and command lines write."""

from __future__ import annotations

import pytest

from inference.samplers import SettingsError, settings_class

Settings = settings_class("ldm")


def test_defaults_are_the_ones_of_the_original_sampler():
    assert (Settings().solver, Settings().eta, Settings().projection, Settings().mosaic) == ("ddim", 1.0, 0, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("steps", 501),
        ("steps", 2.5),
        ("steps", True),
        ("steps", "many"),
        ("eta", -0.1),
        ("eta", float("nan")),
        ("solver", "euler"),
        ("mosaic", 1),
        ("projection", 6),
    ],
)
def test_a_value_outside_its_range_is_named(name, value):
    with pytest.raises(SettingsError, match=f"'{name}' must be"):
        Settings(**{name: value})


def test_text_is_read_in_the_type_of_the_field():
    text = {"steps": "30", "eta": "0.5", "mosaic": "true", "solver": "sde-dpmsolver++"}
    assert Settings.from_mapping(text) == Settings(steps=30, eta=0.5, mosaic=True, solver="sde-dpmsolver++")


def test_text_that_is_no_number_is_refused():
    with pytest.raises(SettingsError, match="'steps' must be a whole number from 1 to 500"):
        Settings.from_mapping({"steps": "3.5"})


def test_an_unknown_name_is_refused():
    with pytest.raises(SettingsError, match="no setting 'stepps'"):
        Settings.from_mapping({"stepps": 3})


def test_there_and_back():
    settings = Settings(steps=7, projection=2)
    assert Settings.from_mapping(settings.as_mapping()) == settings
