"""URLs of results: the page, its refreshing, pictures, the export."""

from django.urls import path

from studies.views.results import export, images, page, report

urlpatterns = [
    path("studies/<int:pk>/results/", page.results, name="results"),
    path("studies/<int:pk>/results/refresh/", page.refresh, name="results-refresh"),
    path("studies/<int:pk>/results/status/", page.status, name="results-status"),
    path("studies/<int:pk>/report/", report.make, name="report"),
    path("studies/<int:pk>/report/status/", report.status, name="report-status"),
    path("studies/<int:pk>/report.<str:kind>", report.download, name="report-file"),
    path("studies/<int:pk>/export.zip", export.export, name="export"),
    path("studies/<int:pk>/images/<str:kind>/<int:object_pk>.png", images.image, name="image"),
]
