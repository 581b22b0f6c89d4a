"""Keys with which mail is signed, by domain."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from easd.model.dkim import DkimAlgorithm, DkimKey
from easd.model.moments import milliseconds, moment
from easd.store.database import Database, Row
from easd.store.errors import Taken
from easd.store.outgoing_tables import dkim_keys
from easd.store.prepared import Prepared, param, params
from easd.store.tables import domains

_key = dkim_keys.c
_columns = (_key.domain, _key.selector, _key.algorithm, _key.public, _key.sealed, _key.created)
_order = (_key.domain, _key.created, _key.selector)
_ADD = Prepared(lambda to: to(dkim_keys).values(params(dkim_keys)).on_conflict_do_nothing())
_OF = Prepared(select(*_columns).where(_key.domain == param("domain")).order_by(*_order))
_ALL = Prepared(select(*_columns).order_by(*_order))
_DROP = Prepared(delete(dkim_keys).where(_key.domain == param("domain"), _key.selector == param("selector")))
_DOMAIN = Prepared(select(domains.c.name).where(domains.c.name == param("domain")))


class SqlDkimKeys:
    """Operations on them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: DkimKey) -> None:
        """KeyError if the domain is not one of this server; Taken if it has a key under that selector."""
        with self._database.write() as block:
            if block.session.one(_DOMAIN, domain=key.domain) is None:
                raise KeyError(f"there is no domain {key.domain}")
            values = {
                "domain": key.domain,
                "selector": key.selector,
                "algorithm": key.algorithm.value,
                "public": key.public,
                "sealed": key.sealed,
                "created": milliseconds(key.created),
            }
            if block.session.run(_ADD, **values) == 0:
                raise Taken(f"{key.domain} has a key with the selector {key.selector} already")

    def of(self, domain: str) -> Sequence[DkimKey]:
        """Those of a domain, the oldest first."""
        return [_from_row(row) for row in self._database.once(_OF, domain=domain)]

    def all(self) -> Sequence[DkimKey]:
        """Those of all domains."""
        return [_from_row(row) for row in self._database.once(_ALL)]

    def remove(self, domain: str, selector: str) -> None:
        """KeyError if there is no such key."""
        with self._database.write() as block:
            if block.session.run(_DROP, domain=domain, selector=selector) == 0:
                raise KeyError(f"{domain} has no key with the selector {selector}")


def _from_row(row: Row) -> DkimKey:
    domain, selector, algorithm, public, sealed, created = row
    return DkimKey(domain, selector, DkimAlgorithm(algorithm), public, sealed, moment(created))
