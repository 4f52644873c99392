"""Mail that a page of the dashboard sends: in the shop's name, once what it tells about is certain."""

from collections.abc import Callable
from email.utils import formataddr, parseaddr
from smtplib import SMTPException

from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from loyalty.core.merchants.models import Merchant

_NOWHERE = ("filebased", "dummy", "console")


def is_configured() -> bool:
    """True when mails leave this server; without a mail server they wait as files where the operator reads them."""
    backend = str(settings.MAILERS["default"]["BACKEND"])
    return not any(f".{kind}." in backend for kind in _NOWHERE)


def sender_of(shop: Merchant) -> str:
    """Who a shop's mails come from: its name before the server's own address."""
    return formataddr((shop.sender_name or shop.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def send(request: HttpRequest, shop: Merchant, *, to: str, subject: str, text: str) -> None:
    """Send one mail when the transaction is over; the person at the page is told when it could not be sent."""
    mail = EmailMessage(
        " ".join(subject.split()),
        text,
        from_email=sender_of(shop),
        to=[to],
        reply_to=[shop.reply_to] if shop.reply_to else None,
    )
    transaction.on_commit(_sender(request, mail))


def _sender(request: HttpRequest, mail: EmailMessage) -> Callable[[], None]:
    def now() -> None:
        try:
            mail.send()
        except (OSError, SMTPException):
            messages.error(
                request, _("The mail could not be sent: the mail server does not answer as it should.")
            )

    return now
