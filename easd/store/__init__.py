"""The SQL store: mailboxes, devices, blobs and the submission queue, on SQLite or PostgreSQL.

`open_store(url, notify)` gives a `SqlStore`, which implements `easd.service.ports.Store`. `migrate(url)` comes
first: it brings the schema up to date.
"""

from easd.store.access_control import AccessControl
from easd.store.access_keys import AccessKeys
from easd.store.access_rules import AccessAdministration
from easd.store.accounts import SqlAccounts
from easd.store.admin import Administration
from easd.store.audit import Audit
from easd.store.errors import Full, NoSuchMailbox, StoreError, StoreMisused, StoreUnavailable, Taken
from easd.store.exchanges import SqlExchanges
from easd.store.export_jobs import ExportJobs
from easd.store.flow import FlowRules
from easd.store.following import FollowsDirectory, SqlFollowing
from easd.store.grants import Grants
from easd.store.groups import Groups
from easd.store.impersonation import Impersonation
from easd.store.indexing import index_pending, pending
from easd.store.migrate import migrate, schema_is_current
from easd.store.opening import open_database, open_store
from easd.store.organisations import Organisations
from easd.store.policies import FullWipePending, SqlPolicies
from easd.store.resources import Resources
from easd.store.retention import Retention
from easd.store.sharing import Shares
from easd.store.store import SqlStore
from easd.store.upkeep import Upkeep
from easd.store.writing import CHANNEL

__all__ = [
    "CHANNEL",
    "AccessAdministration",
    "AccessControl",
    "AccessKeys",
    "Administration",
    "Audit",
    "ExportJobs",
    "FlowRules",
    "FollowsDirectory",
    "Full",
    "FullWipePending",
    "Grants",
    "Groups",
    "Impersonation",
    "NoSuchMailbox",
    "Organisations",
    "Resources",
    "Retention",
    "Shares",
    "SqlAccounts",
    "SqlExchanges",
    "SqlFollowing",
    "SqlPolicies",
    "SqlStore",
    "StoreError",
    "StoreMisused",
    "StoreUnavailable",
    "Taken",
    "Upkeep",
    "index_pending",
    "migrate",
    "open_database",
    "open_store",
    "pending",
    "schema_is_current",
]
