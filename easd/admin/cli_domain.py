"""`easd domain`: mail domains, their DNS records, and which one is the default."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from easd.admin import output
from easd.admin.options import AsJson, settings_of
from easd.admin.refused import Refused

if TYPE_CHECKING:  # they bring the database with them, which takes its time
    from easd.admin.office import Office
    from easd.model.dkim import DkimKey
    from easd.model.domain import MailDomain, RecordCheck
    from easd.service.ports.dns import Lookup

app = typer.Typer(name="domain", help="Mail domains and their DNS records.", no_args_is_help=True)

Organisation = Annotated[
    str, typer.Option("--organisation", help="Name, alias or identifier; the only one if left out.")
]
Name = Annotated[str, typer.Argument(metavar="DOMAIN")]
Host = Annotated[str, typer.Option("--host", help="The name of this server; that of `server.public_url` if left out.")]
DnsServers = Annotated[
    list[str] | None, typer.Option("--dns-server", metavar="ADDRESS[:PORT]", help="Ask it, not the system's.")
]


@app.command("list")
def list_all(context: typer.Context, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """The domains of an organisation."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        facts = [_facts(one) for one in office.organisations.domains(office.organisation(organisation))]
    if as_json:
        output.as_json(facts)
        return
    columns = ("domain", "state", "default", "test", "checked")
    output.table(columns, [list(one.values()) for one in facts], "no domains: `easd domain add` adds one")


@app.command("add")
def add(context: typer.Context, domain: Name, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """Receive mail for a domain. It works at once; `easd domain verify` says what the DNS still lacks."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        with refusing():
            name = office.desk.organisations.add_domain(office.organisation(organisation), domain)
        _tell(office.organisations.domain(name), as_json)


@app.command("show")
def show(context: typer.Context, domain: Name, host: Host = "", as_json: AsJson = False) -> None:
    """The DNS records to publish for a domain."""
    from easd.admin.office import open_office
    from easd.service.domain_records import records

    with open_office(settings_of(context)) as office:
        known = _domain(office, domain)
        found = records(known, _host(office, host), _keys(office, known))
    if as_json:
        output.as_json({**_facts(known), "records": found})
        return
    rows = [(one.type.value, one.hostname, one.value, one.purpose) for one in found]
    output.table(("type", "name", "value", "for"), rows, "")


@app.command("verify")
def verify(
    context: typer.Context, domain: Name, host: Host = "", dns_server: DnsServers = None, as_json: AsJson = False
) -> None:
    """Ask the DNS whether the domain is the organisation's, and which records it has. Exit code 1 if it is not."""
    from easd.admin.office import open_office, refusing
    from easd.directory.dns import Resolver
    from easd.service.domain_records import checked, records, signed, verified
    from easd.service.ports.dns import LookupFailed

    with open_office(settings_of(context)) as office:
        known = _domain(office, domain)
        try:
            lookup: Lookup = Resolver(dns_server or ())
            state = known.state if known.test else verified(known, lookup)
            keys = _keys(office, known)
            checks = [checked(one, lookup) for one in records(known, _host(office, host), keys)]
        except (LookupFailed, ValueError) as error:
            raise Refused(str(error)) from error
        with refusing():
            office.desk.organisations.set_verification(
                known.organisation, known.name, state, office.now(), signed(keys, checks)
            )
        known = office.organisations.domain(known.name)
    _tell_checks(known, checks, as_json)
    if known.state != "VERIFIED":
        raise typer.Exit(1)


@app.command("default")
def default(context: typer.Context, domain: Name, as_json: AsJson = False) -> None:
    """Make it the domain of new primary addresses in its organisation."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        known = _domain(office, domain)
        with refusing():
            office.desk.organisations.set_default_domain(known.organisation, known.name)
        _tell(office.organisations.domain(known.name), as_json)


@app.command("remove")
def remove(context: typer.Context, domain: Name) -> None:
    """Receive no mail for a domain any more. Refused while somebody has an address in it, and for the test domain."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        known = _domain(office, domain)
        with refusing():
            office.desk.organisations.remove_domain(known.organisation, known.name)
    output.say(f"{known.name} is removed")


def _domain(office: "Office", name: str) -> "MailDomain":
    from easd.admin.office import refusing

    with refusing():
        return office.organisations.domain(name)


def _host(office: "Office", given: str) -> str:
    host = given or urlsplit(office.settings.server.public_url).hostname or ""
    if not host:
        raise Refused("what is this server called? Say --host, or set server.public_url")
    return host.lower()


def _keys(office: "Office", domain: "MailDomain") -> "Sequence[DkimKey]":
    from easd.store.dkim import SqlDkimKeys

    return SqlDkimKeys(office.store.database).of(domain.name)


def _facts(one: "MailDomain") -> dict[str, object]:
    return {
        "domain": one.name,
        "state": one.state,
        "dkim": one.dkim,
        "default": one.default,
        "test": one.test,
        "checked": one.checked,
    }


def _tell(one: "MailDomain", as_json: bool) -> None:
    if as_json:
        output.as_json(_facts(one))
        return
    output.table(("fact", "value"), list(_facts(one).items()), "")


def _tell_checks(known: "MailDomain", checks: "Sequence[RecordCheck]", as_json: bool) -> None:
    if as_json:
        output.as_json({**_facts(known), "records": checks})
        return
    rows = [
        (one.record.type.value, one.record.hostname, one.fulfilled, one.record.value, ", ".join(one.found))
        for one in checks
    ]
    output.table(("type", "name", "there", "wanted", "found"), rows, "")
    output.say(f"{known.name}: {known.state.value.lower()}")
