"""The settings of the directory beside the local one."""

from typing import Annotated, Literal

import msgspec

from easd.config_told import told


class Ldap(msgspec.Struct, frozen=True):
    """A directory (OpenLDAP, Active Directory, Samba, FreeIPA) whose people have mailboxes here, beside those who are
    added here: they sign in with their passwords there.
    """

    urls: Annotated[
        tuple[str, ...],
        told(
            "Its servers, `ldap://dc1.example.org` or `ldaps://dc1.example.org`; the next is asked where one is away. "
            "Empty: there is no such directory."
        ),
    ] = ()
    kind: Annotated[
        Literal["openldap", "active-directory", "freeipa"],
        told("Which attributes mean what; Samba is an `active-directory`."),
    ] = "openldap"
    clear_text: Annotated[
        bool, told("Speak without TLS. Else `ldap://` means StartTLS, and nothing is said if that fails.")
    ] = False
    ca_file: Annotated[
        str, told("PEM file with the authorities of the servers' certificates. Empty: those of the system.")
    ] = ""
    bind_dn: Annotated[str, told("Name (DN) of the account that searches. Empty: search as nobody.")] = ""
    bind_password_file: Annotated[str, told("File with that account's password.")] = ""
    base_dn: Annotated[str, told("Where people and groups are searched: `dc=example,dc=org`.")] = ""
    user_filter: Annotated[str, told("Who gets a mailbox, as an LDAP filter. Empty: all people of that kind.")] = ""
    groups: Annotated[
        Literal["off", "with-mail", "all"],
        told(
            "Which groups come over: none, those with a mail address, or all; those without get one out of their name "
            "and are hidden from the address list."
        ),
    ] = "with-mail"
    group_filter: Annotated[str, told("Which groups, as an LDAP filter. Empty: all groups of that kind.")] = ""
    attributes: Annotated[
        tuple[str, ...],
        told("What is called otherwise than `kind` says: `mail=mailPrimaryAddress`, `login=uid employeeNumber`."),
    ] = ()
    organisation: Annotated[str, told("Organisation that its people belong to. Empty: the only one.")] = ""
    connect_seconds: Annotated[int, told("How long a server may take to be reached.", "seconds", ge=1, le=60)] = 5
    answer_seconds: Annotated[int, told("How long a server may take to answer.", "seconds", ge=1, le=120)] = 10
    connections: Annotated[int, told("Questions to the servers at the same time.", ge=1, le=100)] = 4
    page_size: Annotated[int, told("Entries in one answer.", ge=1, le=10_000)] = 500
    entries_max: Annotated[int, told("People, and groups, that are taken at most.", ge=1, le=10_000_000)] = 100_000
    recheck_seconds: Annotated[
        int,
        told(
            "How long a verified password counts before the directory is asked again: a changed password, or a "
            "disabled account, is noticed within that time.",
            "seconds",
            ge=1,
            le=86_400,
        ),
    ] = 300
    away_hours: Annotated[
        int,
        told(
            "How long those who have signed in stay in while the directory is away; others are answered 503.",
            "hours",
            ge=0,
            le=720,
        ),
    ] = 24
    failures_max: Annotated[
        int,
        told(
            "Wrong passwords of one person that the directory hears of within `failures_minutes`, so that it does not "
            "lock the account; beyond, sign-ins are answered 503. The same wrong password is not repeated to it.",
            ge=1,
            le=1000,
        ),
    ] = 4
    failures_minutes: Annotated[int, told("For how long a wrong password is remembered.", "minutes", ge=1, le=1440)] = (
        30
    )
    sync_minutes: Annotated[
        int, told("Time between two looks for new, changed and removed people. 0: never.", "minutes", ge=0, le=10_080)
    ] = 15
    leaving_percent_max: Annotated[
        int,
        told(
            "Most people or groups that one look disables; if more are gone, it stops and says so (`easd ldap sync "
            "--force`).",
            "percent",
            ge=0,
            le=100,
        ),
    ] = 20
