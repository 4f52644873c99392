"""How far an activity has come, in words for the member who did it."""

from django.utils.translation import gettext

from members.models import Activity


def standing(activity: Activity) -> str:
    """What staff decided, or that they have not yet; "" for one that counted at once or was approved."""
    match activity.status:
        case Activity.Status.WAITING:
            return gettext("The shop will look at it; until then it has not counted")
        case Activity.Status.REFUSED:
            return _because(gettext("The shop did not count it"), activity.note)
        case Activity.Status.UNDONE:
            return _because(gettext("The shop has taken it back"), activity.note)
        case _:
            return ""


def _because(said: str, note: str) -> str:
    return gettext("{sentence}: {reason}").format(sentence=said, reason=note) if note else said
