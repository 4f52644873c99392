"""Accounts are made by what people do: joining, being invited. Nobody fills in a form for one."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import InvalidInput
from loyalty.core.people.models import Session, SignIn, User
from loyalty.core.people.sessions import digests

SIGN_INS_KEPT = timedelta(days=183)


@transaction.atomic
def open_account(*, email: str) -> User:
    """The account of an address; made, without a password and not yet proven, when there is none."""
    users = get_user_model().objects
    found = users.filter(email=email.lower()).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return users.create_user(email)
    except IntegrityError:  # the same person, at this very moment, from another page
        return users.get(email=email.lower())


@transaction.atomic
def make_operator(*, email: str) -> User:
    """The account of an address as one that runs this server; made when there is none. Raises `InvalidInput` for what
    is no address."""
    address = email.strip().lower()
    try:
        validate_email(address)
        MaxLengthValidator(254)(address)
    except ValidationError:
        raise InvalidInput.of("email", str(_("This is not an e-mail address."))) from None
    user = open_account(email=address)
    if not (user.is_staff and user.is_superuser):
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    return user


@transaction.atomic
def forget_accounts(*, users: Collection[int], addresses: Iterable[str]) -> None:
    """Delete accounts, and every browser's session that they are signed in with or that holds one of the addresses. An
    operator's account stays."""
    known = Session.objects.filter(Q(account__in=users) | Q(mentions__overlap=sorted(digests(addresses))))
    known.delete()
    get_user_model().objects.filter(pk__in=users, is_staff=False, is_superuser=False).delete()


def forget_sessions(*, before: datetime, most: int = 5_000) -> int:
    """Delete sessions that ended before then; how many. A batch: call again while there are as many."""
    over = list(Session.objects.filter(expire_date__lt=before).values_list("pk", flat=True)[:most])
    return int(Session.objects.filter(pk__in=over).delete()[0])


def note_sign_in(*, user: int, at: datetime, how: str, agent: str = "", address: str = "") -> SignIn:
    """Remember that somebody came in, and forget what is older than half a year. `agent` is what the browser calls
    itself, `address` where it is; of both only what its owner can recognise is kept."""
    SignIn.objects.filter(user_id=user, at__lt=at - SIGN_INS_KEPT).delete()
    return SignIn.objects.create(
        user_id=user, at=at, how=how[:20], device=device_of(agent), address=shortened(address)
    )


#: What a browser's name for itself holds, and how its family is called; the first that fits counts.
_BROWSERS = (("edg/", "Edge"), ("edga/", "Edge"), ("opr/", "Opera"), ("firefox/", "Firefox"), ("fxios/", "Firefox"),
             ("crios/", "Chrome"), ("chrome/", "Chrome"), ("safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("iphone", "iPhone"), ("ipad", "iPad"), ("android", "Android"), ("windows", "Windows"),
            ("mac os", "Mac"), ("cros", "ChromeOS"), ("linux", "Linux"))  # fmt: skip


def device_of(agent: str) -> str:
    """ "Firefox · Windows": the families, never versions; "" for what calls itself nothing that is known."""
    text = agent.lower()
    found = (next((name for mark, name in kinds if mark in text), "") for kinds in (_BROWSERS, _SYSTEMS))
    return " · ".join(filter(None, found))


def shortened(address: str) -> str:
    """A network address without the part that names one household: "198.51.100.0", "2001:db8:85a3::"."""
    try:
        whole = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{whole}/{24 if whole.version == 4 else 48}", strict=False).network_address)
