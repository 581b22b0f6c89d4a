"""A directory elsewhere (LDAP) whose people and groups have accounts here."""

from easd.directory.ldap.connection import LdapUnavailable
from easd.directory.ldap.servers import Access, reach
from easd.directory.ldap.sign_in import LdapDirectory, Patience
from easd.directory.ldap.source import AmbiguousLogin, Plan, Source
from easd.directory.ldap.synchronising import Manner, Report, Stopped, Synchronising

__all__ = [
    "Access",
    "AmbiguousLogin",
    "LdapDirectory",
    "LdapUnavailable",
    "Manner",
    "Patience",
    "Plan",
    "Report",
    "Source",
    "Stopped",
    "Synchronising",
    "reach",
]
