"""What the library for signing in asks of this house: whose name stands on its mails, and that staff's sign-ins are
remembered. Hooks of its adapter, so that no signal is needed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from campaigns.queries.colours import painted
from loyalty.core import clock
from loyalty.core.merchants.queries import staff_of
from loyalty.core.people.operations import note_sign_in


class Adapter(DefaultAccountAdapter):
    """The library's own behaviour, and a line in the log of sign-ins."""

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Called once somebody is in, whichever way they came."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        # Members are not followed about: only who works for a shop has a log.
        if staff_of(user.pk):
            note_sign_in(
                user=user.pk,
                at=clock.now(),
                how=_how(request, user),
                agent=request.headers.get("User-Agent", "")[:1000],
                address=str(self.get_client_ip(request) or ""),
            )
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the frame of all mails; a page of a shop that sends one sets `mail_colour` and `programme_name`."""
        brand, upon, ink = painted(getattr(self.request, "mail_colour", ""))
        frame = {
            "programme": getattr(self.request, "programme_name", "") or "Loyalty",
            "language": get_language() or "en",
            "preheader": "",
            "subject": "",
            "brand": brand,
            "on_brand": upon,
            "ink": ink,
        }
        super().send_mail(template_prefix, email, {**frame, **context})

    def get_from_email(self) -> str:
        """The shop's own sender where a page of a shop sends the mail (it sets `mail_from`)."""
        return getattr(self.request, "mail_from", "") or super().get_from_email()


def _how(request: HttpRequest, user: Any) -> str:
    """The strongest way that was used: what came last, a passkey or an app rather than the code before it."""
    records = get_authentication_records(request, user)
    if not records:
        return ""
    last = records[-1]
    return str(last.get("type") or last.get("method") or "")
