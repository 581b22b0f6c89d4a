"""Identifiers, states and dates of organisations, domains and people."""

import secrets
import uuid

import sqlalchemy as sa
from alembic import op

from easd.model.identity import alias_of

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, *, optional: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=optional)


def _int(name: str, *, optional: bool = False) -> "sa.Column[int]":
    return sa.Column(name, INT64, nullable=optional)


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    other = to.partition(".")[0]
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    _make_organizations()
    _make_domains()
    _make_entities()
    _fill()


def _make_organizations() -> None:
    op.create_table(
        "organization_details",
        sa.Column("organization_id", INT64, autoincrement=False, nullable=False),
        *(_text(name) for name in ("public_id", "alias", "state", "default_domain", "test_domain")),
        _reference("organization_details", "organization_id", "organizations.id"),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_organization_details")),
        sa.UniqueConstraint("public_id", name=op.f("uq_organization_details_public_id")),
        sa.UniqueConstraint("alias", name=op.f("uq_organization_details_alias")),
    )
    op.create_table(
        "organization_tags",
        _int("organization_id"),
        _text("key"),
        _text("value"),
        _reference("organization_tags", "organization_id", "organizations.id"),
        sa.PrimaryKeyConstraint("organization_id", "key", name=op.f("pk_organization_tags")),
        sqlite_with_rowid=False,
    )


def _make_domains() -> None:
    op.create_table(
        "domain_details",
        _text("name"),
        _text("state"),
        _text("token"),
        _int("checked", optional=True),
        _reference("domain_details", "name", "domains.name"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_domain_details")),
    )


def _make_entities() -> None:
    op.create_table(
        "entity_details",
        sa.Column("user_id", INT64, autoincrement=False, nullable=False),
        _text("public_id"),
        _text("role", optional=True),
        *(_int(name, optional=True) for name in ("enabled_at", "disabled_at", "purged_at")),
        _reference("entity_details", "user_id", "users.id"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_entity_details")),
        sa.UniqueConstraint("public_id", name=op.f("uq_entity_details_public_id")),
    )
    op.create_index(op.f("ix_entity_details_disabled_at"), "entity_details", ["disabled_at"])
    op.create_table(
        "departed",
        _text("public_id"),
        _int("organization_id"),
        *(_text(name) for name in ("address", "display_name", "kind")),
        _int("at"),
        _reference("departed", "organization_id", "organizations.id"),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_departed")),
        sqlite_with_rowid=False,
    )
    for column in ("organization_id", "at"):
        op.create_index(op.f(f"ix_departed_{column}"), "departed", [column])


def _fill() -> None:
    """What is there already gets identifiers. Since when somebody is disabled is not known, and nothing goes for it."""
    _name_organizations()
    domains = op.get_bind().execute(sa.text("SELECT name FROM domains")).fetchall()
    tokens = [{"name": name, "token": secrets.token_urlsafe(32)} for (name,) in domains]
    _insert("INSERT INTO domain_details (name, state, token) VALUES (:name, 'PENDING', :token)", tokens)
    people = op.get_bind().execute(sa.text("SELECT id, kind, created, enabled FROM users")).fetchall()
    known = [
        {
            "user": number,
            "public": f"r-{secrets.token_hex(16)}" if kind in ("ROOM", "EQUIPMENT") else str(uuid.uuid4()),
            "since": created if enabled else None,
        }
        for number, kind, created, enabled in people
    ]
    _insert("INSERT INTO entity_details (user_id, public_id, enabled_at) VALUES (:user, :public, :since)", known)


def _name_organizations() -> None:
    found = op.get_bind().execute(sa.text("SELECT id, name FROM organizations ORDER BY id")).fetchall()
    used: set[str] = set()
    for number, name in found:
        alias = alias_of(name)
        alias = f"{alias}-{number}".strip("-") if not alias or alias in used else alias
        used.add(alias)
        first = sa.text("SELECT MIN(name) FROM domains WHERE organization_id = :number")
        domain = op.get_bind().execute(first, {"number": number}).scalar() or ""
        row = {"number": number, "public": f"m-{secrets.token_hex(16)}", "alias": alias, "domain": domain}
        _insert(
            "INSERT INTO organization_details (organization_id, public_id, alias, state, default_domain, test_domain)"
            " VALUES (:number, :public, :alias, 'Active', :domain, '')",
            [row],
        )


def _insert(statement: str, rows: list[dict[str, object]]) -> None:
    if rows:
        op.get_bind().execute(sa.text(statement), rows)
