"""The front page, signing in by name and password, and the one-time sign-in link."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from studies.services import sign_in as links


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("studies:list")
    return render(request, "studies/home.html")


#: Counted by axes: after AXES_FAILURE_LIMIT wrong passwords `locked_out` answers instead.
sign_in_form = LoginView.as_view(template_name="studies/researcher/sign_in_form.html", redirect_authenticated_user=True)


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """The answer to somebody who has tried too many passwords for a name; axes keeps the count."""
    answer = render(request, "studies/researcher/locked_out.html", {"hours": settings.AXES_COOLOFF_TIME}, status=429)
    answer["Retry-After"] = str(settings.AXES_COOLOFF_TIME * 3600)
    return answer


@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """GET only shows a button: mail programs that open links ahead of their readers use nothing up."""
    try:
        if request.method == "POST":
            links.redeem(request, token)
            return redirect("studies:list")
        holder = links.holder(token)
    except links.SignInError as error:
        return render(request, "studies/researcher/sign_in.html", {"error": error.message}, status=error.status)
    return render(request, "studies/researcher/sign_in.html", {"holder": holder})
