"""URLs of people: researchers under studies/, participants under s/."""

from studies.views.participant.urls import urlpatterns as participant_urls
from studies.views.researcher.urls import urlpatterns as researcher_urls
from studies.views.results.urls import urlpatterns as results_urls

app_name = "studies"
urlpatterns = [*researcher_urls, *results_urls, *participant_urls]
