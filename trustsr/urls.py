"""Root URLs."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/", include("studies.api.urls")),
    path("", include("studies.urls")),
]

handler400 = "studies.views.error_pages.bad_request"
handler404 = "studies.views.error_pages.not_found"
handler500 = "studies.views.error_pages.server_error"
