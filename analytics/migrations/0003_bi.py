"""Views that tools for reports read."""

from pathlib import Path

from babel.numbers import list_currencies
from django.db import migrations

from loyalty.core.money import exponent

HERE = Path(__file__).resolve().parent.parent / "bi"


def read(name: str) -> str:
    return (HERE / name).read_text()


def views() -> str:
    """The views, with the digits after the point of every currency that has not two."""
    others = sorted((code, exponent(code)) for code in list_currencies() if exponent(code) != 2)
    cases = " ".join(f"WHEN '{code}' THEN {digits}" for code, digits in others)
    return read("views.sql").replace("{decimals}", f"CASE s.currency {cases} ELSE 2 END")


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0002_value"),
        ("campaigns", "0010_campaigns"),
        ("ledger", "0008_carried_sums"),
        ("members", "0031_large_lists"),
        ("merchants", "0005_readers"),
        ("rewards", "0007_session_days"),
    ]
    operations = [
        migrations.RunSQL(read("rights.sql"), read("no_rights.sql")),
        migrations.RunSQL(views(), read("drop.sql")),
        migrations.RunSQL(read("comments.sql"), migrations.RunSQL.noop),
        migrations.RunSQL(read("grants.sql"), migrations.RunSQL.noop),
    ]
