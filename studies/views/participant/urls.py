"""URLs of participants: everything under s/<slug>/, which is also the path of their cookie."""

from __future__ import annotations

from django.urls import URLPattern, path

from studies.views.participant import answers, consent, images, trials

urlpatterns: list[URLPattern] = [
    path("s/<slug:slug>/", consent.welcome, name="welcome"),
    path("s/<slug:slug>/withdraw/", consent.withdraw, name="withdraw"),
    path("s/<slug:slug>/trial/", trials.trial, name="trial"),
    path("s/<slug:slug>/thanks/", trials.thanks, name="thanks"),
    path("s/<slug:slug>/trial/<int:number>/label/", answers.label, name="label"),
    path("s/<slug:slug>/trial/<int:number>/draft/", answers.draft, name="draft"),
    path("s/<slug:slug>/trial/<int:number>/ballot/", answers.ballot, name="ballot"),
    path("s/<slug:slug>/trial/<int:number>/low-res.png", images.low_res, name="trial-low-res"),
    path("s/<slug:slug>/trial/<int:number>/candidates.bin", images.candidates, name="candidates"),
]
