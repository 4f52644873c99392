"""A hand in the books: any statement, with the rights of the functions that post.

Who serves cannot write the ledger's tables at all. What the database refuses beyond that is there for a mistake in those
functions, so tests make such mistakes through a function of their own.
"""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

_MAKE = """
CREATE OR REPLACE FUNCTION tests_by_hand(statement text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE rows bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS rows = ROW_COUNT;
    RETURN rows;
END $$;
ALTER FUNCTION tests_by_hand(text) OWNER TO loyalty_books;
GRANT EXECUTE ON FUNCTION tests_by_hand(text) TO loyalty_app
"""


@pytest.fixture(scope="module")
def hand(django_db_setup: None) -> Iterator[None]:
    """Let the tests of a file write by hand."""
    with psycopg.connect(os.environ["TEST_DATABASE_ADMIN"], autocommit=True) as admin:
        admin.execute(_MAKE)
        yield
        admin.execute("DROP FUNCTION tests_by_hand(text)")


def by_hand(statement: str, *params: object) -> int:
    """Run one statement in the test's own transaction; the number of rows it touched."""
    connection.ensure_connection()
    text = psycopg.ClientCursor(connection.connection).mogrify(statement, params or None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tests_by_hand(%s)", [text])
        return cursor.fetchone()[0]
