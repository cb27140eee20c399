"""URLs of results: the page, its refreshing, pictures, the export."""

from django.urls import path

from studies.views.results import export, images, page

urlpatterns = [
    path("studies/<int:pk>/results/", page.results, name="results"),
    path("studies/<int:pk>/results/refresh/", page.refresh, name="results-refresh"),
    path("studies/<int:pk>/results/status/", page.status, name="results-status"),
    path("studies/<int:pk>/export.zip", export.export, name="export"),
    path("studies/<int:pk>/images/<str:kind>/<int:object_pk>.png", images.image, name="image"),
]
