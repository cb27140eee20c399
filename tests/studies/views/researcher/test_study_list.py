"""The list of studies: one's own, with numbers that do not multiply each other."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client

from inference.services import catalogue
from tests.studies import factories


def test_only_my_studies(ada: User, browser_of_ada: Client) -> None:
    factories.study(owner=ada, name="Mine")
    factories.study(name="Somebody else's")
    page = browser_of_ada.get("/studies/").content.decode()
    assert "Mine" in page
    assert "Somebody else" not in page


def test_counts(ada: User, browser_of_ada: Client) -> None:
    study = factories.open_study_with_pool(owner=ada, items=2)
    factories.vote_all(study, [1])
    factories.vote_all(study, [2])
    factories.participant(study)
    factories.vote_all(study, [2], simulated=True)
    (row,) = browser_of_ada.get("/studies/").context["studies"]
    assert (row.item_count, row.drawn, row.wanted, row.finished, row.simulated) == (2, 24, 24, 2, 1)


def test_simulated_are_named_apart(ada: User, browser_of_ada: Client) -> None:
    study = factories.open_study_with_pool(owner=ada)
    factories.vote_all(study, [1], simulated=True)
    assert "+ 1 simulated" in browser_of_ada.get("/studies/").content.decode()


def test_a_new_study_is_offered_weights_in_the_catalogues_order(browser_of_ada: Client) -> None:
    """Latent diffusion first, the sampler of "Trustworthy SR", not what the alphabet puts there."""
    text = browser_of_ada.get("/studies/new/").content.decode()
    places = [text.index(f">{weights} (x") for weights in catalogue()]
    assert places == sorted(places)
    assert str(catalogue()[0]).startswith("ldm/")
