"""E-mail by Django's mailers: SMTP, or whatever backend the operator has set."""

import re
from email.message import MIMEPart
from email.utils import formataddr, parseaddr
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers

from campaigns.providers.base import AWAY, Outgoing, Refused, TryLater
from campaigns.queries.rendering import LOGO
from loyalty.core.merchants.models import Merchant

_ENHANCED = re.compile(rb"5\.(\d{1,3})\.\d{1,3}")
_NOWHERE = ("filebased", "dummy", "console")


def is_configured() -> bool:
    """True when mails leave this server; without a mail server they wait as files where the operator reads them."""
    backend = str(settings.MAILERS["default"]["BACKEND"])
    return not any(f".{kind}." in backend for kind in _NOWHERE)


def sender_of(shop: Merchant) -> str:
    """Who a shop's mails come from: its name before the server's own address."""
    return formataddr((shop.sender_name or shop.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


def message_id(message: UUID) -> str:
    """The Message-ID of a message: made from its own id, so the same whoever sends it and however often."""
    return f"<{message.hex}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"


def is_bounce(code: int, said: bytes) -> bool:
    """Whether a refusal of a reader says that their mailbox is not there. Servers refuse for other reasons under the
    same code, such as our own reputation: the enhanced code tells them apart (RFC 3463), where there is one."""
    found = _ENHANCED.match(said.strip())
    if found is None:
        return code in (550, 551, 553)
    return found[1] == b"1" or found[0] == b"5.2.1"


def behind(text: str) -> UUID | None:
    """The message whose Message-ID somebody names; None for any other."""
    try:
        return UUID(text.strip().strip("<>").partition("@")[0])
    except ValueError:
        return None


def mail_of(outgoing: Outgoing) -> EmailMultiAlternatives:
    """A message as a mail, with the headers that let a mailbox offer to stop it (RFC 8058)."""
    said = outgoing.message
    headers = {
        "Message-ID": outgoing.name,
        "Auto-Submitted": "auto-generated",
        "Content-Language": said.language,
    }
    if said.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{said.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        said.subject,
        said.text,
        from_email=outgoing.sender,
        to=[outgoing.to],
        reply_to=[outgoing.reply_to] if outgoing.reply_to else None,
        headers=headers,
    )
    mail.attach_alternative(said.html, "text/html")
    if said.logo:
        part = MIMEPart()
        part.set_content(
            said.logo, "image", "png", disposition="inline", filename="logo.png", cid=f"<{LOGO}>"
        )
        mail.attach(part)
    return mail


class Email:
    """One connection for a batch, opened when the first message goes."""

    name = "email"
    channel = "email"

    def __init__(self) -> None:
        self._mailer: Any = None

    def hand_over(self, outgoing: Outgoing) -> str:
        """Send one mail; its Message-ID. Raises `Refused` for an address that is none or that the server will not
        have, `TryLater` for a server that is away, busy or slow."""
        try:
            if self._mailer is None:
                self._mailer = mailers.default
                self._mailer.open()
            self._mailer.send_messages([mail_of(outgoing)])
        except SMTPRecipientsRefused as refused:
            code, said = next(iter(refused.recipients.values()))
            self.close()
            if code >= 500:
                raise Refused(f"smtp_{code}", bounced=is_bounce(code, said)) from None
            raise TryLater(f"smtp_{code}") from None
        except SMTPDataError as refused:
            self.close()
            if refused.smtp_code >= 500:
                raise Refused(f"smtp_{refused.smtp_code}") from None
            raise TryLater(f"smtp_{refused.smtp_code}") from None
        except SMTPResponseException as refused:
            # About us and not about the message: the sender's address, the password, the greeting.
            self.close()
            raise TryLater(f"smtp_{refused.smtp_code}") from None
        except (SMTPException, OSError):
            self.close()
            raise TryLater(AWAY) from None
        except ValueError:
            raise Refused("bad_address") from None
        return outgoing.name

    def close(self) -> None:
        """End the connection; one that is broken already is let go."""
        mailer, self._mailer = self._mailer, None
        if mailer is not None:
            try:
                mailer.close()
            except (SMTPException, OSError):
                return
