"""A message to oneself: what members would get, by the way they would get it."""

from collections.abc import Callable

from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from campaigns.providers import leaves, provider_of
from campaigns.providers.base import Outgoing, Refused, TryLater
from campaigns.providers.email import message_id, sender_of
from campaigns.queries.rendering import Rendered
from loyalty.core import ids
from loyalty.core.pages import Here


def send_test(request: HttpRequest, here: Here, made: Rendered) -> None:
    """Send it when the transaction is over, and say how that went."""
    shop, me = here.merchant, str(request.user)
    if not leaves(shop):
        toasts.warning(
            request, _("No mail leaves this shop, so nothing was sent. What you see here is what it is.")
        )
        return
    outgoing = Outgoing(message_id(ids.new()), me, sender_of(shop), shop.reply_to, made)
    transaction.on_commit(_handing(request, here, outgoing))
    toasts.success(request, _("Sent to {email}. It should be there within a minute.").format(email=me))


def _handing(request: HttpRequest, here: Here, outgoing: Outgoing) -> Callable[[], None]:
    def now() -> None:
        provider = provider_of(here.merchant, "email")
        try:
            provider.hand_over(outgoing)
        except (Refused, TryLater):
            toasts.error(
                request, _("The mail could not be sent: the mail server does not answer as it should.")
            )
        finally:
            provider.close()

    return now
