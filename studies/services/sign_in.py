"""One-time sign-in links for researchers: the link dies when it is used, or after PASSWORD_RESET_TIMEOUT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model, login
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from studies.errors import StudyError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInError(StudyError):
    """A link that was used, is too old or was never made."""

    status = 410


class _Tokens(PasswordResetTokenGenerator):
    # Another salt than password resets: neither kind of link may stand in for the other.
    key_salt = "studies.services.sign_in"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        # Django drops the microseconds of last_login; two sign-ins in one second would leave a link alive.
        signed_in = user.last_login.isoformat() if user.last_login else ""
        return f"{user.pk}{user.password}{signed_in}{timestamp}"


_tokens = _Tokens()


def make_link_path(user: User) -> str:
    """The path of a link that signs this user in once; signing in by any way makes it invalid."""
    token = f"{urlsafe_base64_encode(force_bytes(user.pk))}-{_tokens.make_token(user)}"
    return reverse("studies:sign-in", args=[token])


def holder(token: str) -> User:
    """The active user whose unused link this is; raises SignInError. Changes nothing."""
    identity, _, secret = token.partition("-")
    user = _user(identity)
    if user is None or not user.is_active or not _tokens.check_token(user, secret):
        raise SignInError("This sign-in link was used already or is too old: ask for a new one.")
    return user


def redeem(request: HttpRequest, token: str) -> User:
    """Sign the link's user in and so use the link up; raises SignInError."""
    user = holder(token)
    login(request, user, backend=BACKEND)
    return user


def _user(identity: str) -> User | None:
    try:
        pk = urlsafe_base64_decode(identity).decode()
        return get_user_model().objects.filter(pk=pk).first()
    except (ValueError, OverflowError):
        return None
