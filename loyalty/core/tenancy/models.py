"""The base of every table that belongs to a merchant, and the constraints that make PostgreSQL guard it.

`constraints = tenant("ledger_lot", "account", "transfer")` in a model's Meta gives the table
- the primary key `(merchant_id, id)`, ready for distribution by merchant,
- its row-level security policies,
- a foreign key `(merchant_id, account_id) → (merchant_id, id)` for each named field: row-level security does
not check foreign keys, so a plain one would accept another merchant's row.
"""

from functools import lru_cache
from typing import Any

from django.db import models
from django.db.backends.ddl_references import Statement
from django.db.models.sql import Query

from loyalty.core import ids
from loyalty.core.tenancy import lookups as _lookups  # noqa: F401 - registers `begins`
from loyalty.core.tenancy import scope


class ScopedQuerySet(models.QuerySet):
    """Runs only in the scope it was built in.

    Row-level security would answer a query that is run too late, or for another merchant, with no rows at
    all: a page that says "no members yet" hides such a mistake. This says it aloud.
    """

    _built_for: int | None = None

    def _clone(self) -> Any:
        clone = super()._clone()  # type: ignore[misc] # not in the stubs
        clone._built_for = self._built_for
        return clone

    @property
    def db(self) -> str:
        """The database's alias; Django asks for it whenever a query is about to run."""
        if scope.current().merchant_id != self._built_for:
            raise scope.NoMerchant("This query was built in another scope than the one that is open now.")
        return super().db


@lru_cache(maxsize=1024)
def _rows_of(model: type[models.Model], merchant_id: int) -> Query:
    """The query for one merchant's rows of a model; copy it, never change it.

    Every query begins with it. Working out anew what the filter means to the model cost a tenth of a
    millisecond each time, as much as PostgreSQL takes to find a row by its key.
    """
    return models.QuerySet(model).filter(merchant_id=merchant_id).query


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc] # a class made by a call
    """Adds the merchant to every query as a literal; raises `NoMerchant` outside a scope."""

    def get_queryset(self) -> models.QuerySet:
        queryset = super().get_queryset()
        queryset._built_for = merchant_id = scope.current().merchant_id
        if merchant_id is not None:
            queryset.query = _rows_of(self.model, merchant_id).chain()
        return queryset


class MerchantKey(models.ForeignKey):
    """Whose row it is; filled from the open scope, so that it cannot be forgotten.

    No database constraint: it would lock the merchant's one row for each row written, which all of a shop's
    customers would share. Row-level security and the composite references leave no way to name a merchant
    that is not there.
    """

    def __init__(self, to: Any = "merchants.Merchant", on_delete: Any = models.PROTECT, **kwargs: Any):
        kwargs.setdefault("default", scope.merchant_id)
        kwargs.setdefault("related_name", "+")
        kwargs.update(editable=False, db_index=False, db_constraint=False)
        super().__init__(to, on_delete, **kwargs)


class MerchantScoped(models.Model):
    """A row that belongs to one merchant."""

    id = models.UUIDField(primary_key=True, default=ids.new, editable=False)
    merchant = MerchantKey()

    objects = ScopedManager()

    class Meta:
        abstract = True

    def _do_update(  # type: ignore[override] # the stubs fix an older list of arguments
        self, base_qs: Any, using: Any, pk_val: Any, values: list, *args: Any, **kwargs: Any
    ) -> Any:
        # A distributed database refuses to set the distribution column and routes on it.
        values = [value for value in values if value[0].attname != "merchant_id"]
        return super()._do_update(
            base_qs.filter(merchant_id=self.merchant_id), using, pk_val, values, *args, **kwargs
        )


class TenantForeignKey(models.ForeignKey):
    """A foreign key inside one merchant. Its database constraint is the composite one from `tenant(...)`."""

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any):
        kwargs.setdefault("related_name", "+")
        kwargs["db_constraint"] = False
        kwargs.setdefault("db_index", False)
        super().__init__(to, on_delete, **kwargs)


class _SqlConstraint(models.BaseConstraint):
    """A constraint that is a few SQL statements after the table exists."""

    def statements(self, table: str, model: Any) -> list[str]:
        raise AssertionError("each kind of constraint says its SQL")

    def undo(self, table: str) -> list[str]:
        raise AssertionError("each kind of constraint says how to undo it")

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        for sql in self.statements(schema_editor.quote_name(model._meta.db_table), model):
            schema_editor.deferred_sql.append(Statement(sql.replace("%", "%%")))

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        return Statement(";".join(self.statements(schema_editor.quote_name(model._meta.db_table), model)))

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return Statement(";".join(self.undo(schema_editor.quote_name(model._meta.db_table))))

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """The database checks it."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.deconstruct() == other.deconstruct()

    __hash__ = models.BaseConstraint.__hash__


class TenantKey(_SqlConstraint):
    """Primary key `(merchant_id, id)` in place of `(id)`."""

    def statements(self, table: str, model: Any) -> list[str]:
        old = f'"{model._meta.db_table}_pkey"'
        new = f'ADD CONSTRAINT {old} PRIMARY KEY ("merchant_id", "id")'
        return [f"ALTER TABLE {table} DROP CONSTRAINT {old}, {new}"]

    def undo(self, table: str) -> list[str]:
        old = table.strip('"') + "_pkey"
        return [f'ALTER TABLE {table} DROP CONSTRAINT "{old}", ADD CONSTRAINT "{old}" PRIMARY KEY ("id")']


MERCHANT_OF_SESSION = "NULLIF(current_setting('app.merchant_id', true), '')::bigint"


class TenantPolicy(_SqlConstraint):
    """Row-level security: the serving role sees and writes one merchant's rows, the system role all.

    `ENABLE` without `FORCE`: the owner must be able to dump everything; the start-up check refuses to serve
    as owner.
    """

    def statements(self, table: str, model: Any) -> list[str]:
        name = model._meta.db_table
        own = f'("merchant_id" = {MERCHANT_OF_SESSION})'
        return [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f'CREATE POLICY "{name}_tenant" ON {table} TO loyalty_app USING {own} WITH CHECK {own}',
            f'CREATE POLICY "{name}_system" ON {table} TO loyalty_system USING (true) WITH CHECK (true)',
        ]

    def undo(self, table: str) -> list[str]:
        name = table.strip('"')
        return [
            f'DROP POLICY "{name}_tenant" ON {table}',
            f'DROP POLICY "{name}_system" ON {table}',
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ]


class TenantReference(_SqlConstraint):
    """Foreign key `(merchant_id, <field>_id) → (merchant_id, id)`."""

    def __init__(self, *, name: str, field: str):
        super().__init__(name=name)
        self.field = field

    def deconstruct(self) -> tuple[str, tuple, dict]:
        path, args, kwargs = super().deconstruct()
        return path, tuple(args), {**kwargs, "field": self.field}

    def statements(self, table: str, model: Any) -> list[str]:
        field = model._meta.get_field(self.field)
        other = field.remote_field.model._meta.db_table
        key = f'FOREIGN KEY ("merchant_id", "{field.column}") REFERENCES "{other}" ("merchant_id", "id")'
        return [f'ALTER TABLE {table} ADD CONSTRAINT "{self.name}" {key}']

    def undo(self, table: str) -> list[str]:
        return [f'ALTER TABLE {table} DROP CONSTRAINT "{self.name}"']


def tenant(table: str, *references: str) -> list[models.BaseConstraint]:
    """The constraints every tenant table has; `references` are the names of its tenant foreign keys."""
    return [
        TenantKey(name=f"{table}_key"),
        TenantPolicy(name=f"{table}_policy"),
        *(TenantReference(name=f"{table}_{field}_same_merchant", field=field) for field in references),
    ]
