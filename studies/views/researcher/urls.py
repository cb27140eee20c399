"""URLs of the researcher's pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from studies.views.researcher import additions, door, drawing, items, lifecycle, members, mixing, protocol, study

urlpatterns = [
    path("", door.home, name="home"),
    path("sign-in/", door.sign_in_form, name="sign-in-form"),
    path("sign-in/<str:token>/", door.sign_in, name="sign-in"),
    path("sign-out/", LogoutView.as_view(next_page="studies:home"), name="sign-out"),
    path("studies/", study.studies, name="list"),
    path("studies/new/", protocol.new, name="new"),
    path("studies/sampler-settings/", protocol.sampler_settings, name="sampler-settings"),
    path("studies/<int:pk>/", study.study, name="study"),
    path("studies/<int:pk>/edit/", protocol.edit, name="edit"),
    path("studies/<int:pk>/delete/", lifecycle.delete, name="delete"),
    path("studies/<int:pk>/open/", lifecycle.open_study, name="open"),
    path("studies/<int:pk>/close/", lifecycle.close_study, name="close"),
    path("studies/<int:pk>/items/", items.upload, name="items"),
    path("studies/<int:pk>/items/<int:item_pk>/", items.item, name="item"),
    path("studies/<int:pk>/items/<int:item_pk>/delete/", items.delete, name="item-delete"),
    path("studies/<int:pk>/items/<int:item_pk>/more/", mixing.more, name="more"),
    path("studies/<int:pk>/items/<int:item_pk>/jobs/<int:job_pk>/remove/", mixing.remove, name="job-remove"),
    path("studies/<int:pk>/additions/", additions.add, name="additions"),
    path("studies/<int:pk>/additions/<int:addition_pk>/remove/", additions.remove, name="addition-remove"),
    path("studies/<int:pk>/draw/", drawing.draw, name="draw"),
    path("studies/<int:pk>/draw/cancel/", drawing.cancel, name="draw-cancel"),
    path("studies/<int:pk>/progress/", drawing.progress, name="progress"),
    path("studies/<int:pk>/members/", members.add, name="members"),
    path("studies/<int:pk>/members/<int:membership_pk>/remove/", members.remove, name="member-remove"),
]
