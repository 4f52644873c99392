"""The server refuses to serve over a database role that row-level security does not bind.

Superusers, owners and roles with BYPASSRLS see every merchant's rows, whatever the policies say; so does a
role that inherits from the system role. Web and worker ask before they take their first request, and exit
with the reason.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db import Error as DatabaseError

from loyalty.core.tenancy.roles import APP, check_serving_role

HINT = f"Log in as {APP}: set DATABASE_URL to a URL with that role. Migrations use DATABASE_OWNER_URL."


class Unfit(SystemExit):
    """Ends the process before it serves anything; its text is what the operator reads."""


def refuse_to_serve_unfit() -> None:
    """Return when the serving role is bound by row-level security; raise `Unfit` with every reason otherwise.

    Also refuses when the database cannot be asked: what is not known to be safe does not serve. Leaves no
    connection behind, so that a process may fork afterwards.
    """
    try:
        reasons = check_serving_role(connection)
    except DatabaseError as trouble:
        raise Unfit(f"Not serving: the database cannot be asked about its role. {trouble}") from None
    finally:
        connection.close()
    if reasons:
        raise Unfit(
            "\n".join(["Not serving, because members' data would not be kept apart:", *reasons, HINT])
        )


def check_role(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """The same question as a system check: `manage.py check --database default`.

    Only the serving connection is judged; migrations come over `owner`, which has to own the tables.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    reasons = check_serving_role(connections[DEFAULT_DB_ALIAS])
    return [Error(reason, hint=HINT, id="tenancy.E001") for reason in reasons]
