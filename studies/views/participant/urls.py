"""URLs of participants: all but personal links under s/<slug>/, which is also the path of their cookie."""

from __future__ import annotations

from django.urls import URLPattern, path

from studies.views.participant import (
    answers,
    checking,
    consent,
    doors,
    images,
    introduction,
    language,
    leaving,
    practice,
    questionnaire,
    rating,
    statement,
    trials,
)

urlpatterns: list[URLPattern] = [
    path("s/<slug:slug>/", consent.welcome, name="welcome"),
    path("i/<str:key>/", doors.personal, name="invitation"),
    path("s/<slug:slug>/no-thanks/", leaving.declined, name="declined"),
    path("s/<slug:slug>/withdraw/", leaving.withdraw, name="withdraw"),
    path("s/<slug:slug>/my-data.json", leaving.data, name="my-data"),
    path("s/<slug:slug>/accessibility/", statement.accessibility, name="accessibility"),
    path("s/<slug:slug>/language/", language.choose, name="language"),
    path("s/<slug:slug>/trial/", trials.trial, name="trial"),
    path("s/<slug:slug>/thanks/", trials.thanks, name="thanks"),
    path("s/<slug:slug>/check/", checking.check, name="check"),
    path("s/<slug:slug>/check/go-on/", checking.go_on, name="check-go-on"),
    path("s/<slug:slug>/check/give-up/", checking.give_up, name="check-give-up"),
    path("s/<slug:slug>/check/<slug:name>.png", checking.pattern, name="check-pattern"),
    path("s/<slug:slug>/introduction/", introduction.again, name="introduction"),
    path("s/<slug:slug>/introduction/read/", introduction.read, name="introduction-read"),
    path("s/<slug:slug>/pictures/<slug:name>.png", introduction.picture, name="study-picture"),
    path("s/<slug:slug>/trial/<int:number>/feedback/", practice.seen, name="feedback"),
    path("s/<slug:slug>/questionnaire/", questionnaire.give, name="questionnaire"),
    path("s/<slug:slug>/trial/<int:number>/label/", answers.label, name="label"),
    path("s/<slug:slug>/trial/<int:number>/draft/", answers.draft, name="draft"),
    path("s/<slug:slug>/trial/<int:number>/ballot/", answers.ballot, name="ballot"),
    path("s/<slug:slug>/rating/begin/", rating.begin, name="rating-begin"),
    path("s/<slug:slug>/rating/<int:number>/", rating.give, name="rating-give"),
    path("s/<slug:slug>/rating/<int:number>/<slug:side>.png", rating.picture, name="rating-picture"),
    path("s/<slug:slug>/trial/<int:number>/low-res.png", images.low_res, name="trial-low-res"),
    path("s/<slug:slug>/trial/<int:number>/candidates.bin", images.candidates, name="candidates"),
]

for pattern in urlpatterns:  # all of them speak the participant's language
    pattern.callback = language.localised(pattern.callback)
