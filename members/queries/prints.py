"""Keyed hashes: enough to see that two things are the same, useless to whoever reads the table."""

from uuid import UUID

from django.utils.crypto import salted_hmac

from loyalty.core.tenancy import scope


def print_of(kind: str, value: str) -> UUID:
    """The hash of a thing of this shop's, keyed with the server's secret. Another shop's is another."""
    named = f"{scope.merchant_id()}|{kind}|{value}"
    return UUID(bytes=salted_hmac("loyalty.prints", named, algorithm="sha256").digest()[:16])
