"""`easd ldap`: the directory elsewhere whose people have mailboxes here."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, known_password, settings_of
from easd.admin.refused import Refused

if TYPE_CHECKING:
    from easd.admin.ldap import Elsewhere
    from easd.config import Settings
    from easd.directory.ldap import Report, Source
    from easd.model.followed import Person

app = typer.Typer(name="ldap", help="The LDAP directory whose people have mailboxes here.", no_args_is_help=True)

_SHOWN = 20


@app.command("sync")
def sync(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Disable however many are gone.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Look at everything, also at what has not changed.")] = False,
    adopt: Annotated[
        bool,
        typer.Option("--adopt", help="Accounts of our own become the directory's where a person's address is theirs."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at the whole directory now: new people get a mailbox, those who are gone are disabled."""
    from easd.admin.ldap import elsewhere, manner, quietly
    from easd.admin.office import open_office

    settings = settings_of(context)
    quietly()
    with open_office(settings) as office:
        there = elsewhere(settings, office.store)
        if there is None:
            raise Refused("there is no LDAP directory: ldap.urls is empty")
        report = _asked(there, manner(settings.ldap, force=force, full=full, adopt=adopt))
    if as_json:
        output.as_json({**report.counts(), "remarks": report.remarks})
        return
    output.table(("what", "number"), [(key.replace("_", " "), count) for key, count in report.counts().items()], "")
    for remark in report.remarks:
        output.say(f"left out: {remark}")


def _asked(there: "Elsewhere", manner: Any) -> "Report":
    from easd.directory.ldap import LdapUnavailable, Stopped

    try:
        return there.synchronising.run(manner)
    except (LdapUnavailable, Stopped) as error:
        raise Refused(str(error)) from error
    finally:
        there.close()


@app.command("test")
def try_out(
    context: typer.Context,
    login: Annotated[str, typer.Argument(metavar="[LOGIN]", help="Who would sign in so.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Try the password of standard input's first line, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask the directory, and change nothing: whether its servers answer and who is found; with a login, whether and why
    not this person may sign in. Exit code 1 if a server does not answer, or the person may not.
    """
    from easd.admin import ldap
    from easd.directory.ldap import LdapUnavailable, reach

    settings = settings_of(context)
    if not settings.ldap.urls:
        raise Refused("there is no LDAP directory: ldap.urls is empty")
    ldap.quietly()
    source = ldap.source(settings.ldap)
    try:
        if login:
            fine = _one(settings, source, login, known_password(True) if password_stdin else "", as_json)
        else:
            fine = _all(source, reach(ldap.access(settings.ldap)), as_json)
    except LdapUnavailable as error:
        raise Refused(str(error)) from error
    finally:
        source.close()
    if not fine:
        raise typer.Exit(1)


def _all(source: "Source", servers: Sequence[tuple[str, str]], as_json: bool) -> bool:
    reached = any(not problem for _, problem in servers)
    people = list(source.people()) if reached else []
    groups = list(source.teams()) if reached else []
    first = list(source.details([one.id for one in people[:_SHOWN]]))
    facts = {
        "servers": [{"url": url, "problem": problem} for url, problem in servers],
        "people": len(people),
        "groups": len(groups),
        "first_people": [_facts(one) for one in first],
    }
    if as_json:
        output.as_json(facts)
    else:
        output.table(("server", "state"), ((url, problem or "answers") for url, problem in servers), "")
        output.say(f"{len(people)} people and {len(groups)} groups are found; the first of them:")
        rows = ((one.logins, one.display_name, one.addresses, one.disabled or "no") for one in first)
        output.table(("login", "name", "addresses", "disabled"), rows, "nobody: look at ldap.user_filter")
    return all(not problem for _, problem in servers)


def _one(settings: "Settings", source: "Source", login: str, password: str, as_json: bool) -> bool:
    from easd.directory.ldap import AmbiguousLogin

    try:
        found = source.by_login(login)
    except AmbiguousLogin as error:
        raise Refused(f"several people have that login: {error}") from error
    person = next(iter(source.details([found.id])), None) if found else None
    if person is None:
        raise Refused(f"nobody is found as {login}: look at ldap.base_dn, ldap.user_filter and the attributes of login")
    against = list(_against(settings, source, person, password))
    facts = {**_facts(person), "may_sign_in": not against, "because": against}
    if as_json:
        output.as_json(facts)
    else:
        output.table(("what", "in the directory"), facts.items(), "")
    return not against


def _against(settings: "Settings", source: "Source", person: "Person", password: str) -> Iterator[str]:
    """What keeps the person from signing in."""
    from easd.admin.office import open_office
    from easd.store import SqlFollowing

    if person.disabled:
        yield f"disabled there: {person.disabled}"
    with open_office(settings) as office:
        domains = SqlFollowing(office.store, settings.ldap.organisation).domains()
        known = [address for address in person.addresses if address.rpartition("@")[2] in domains]
        if not known:
            yield f"no address in a domain of the organisation ({', '.join(domains)})"
        else:
            yield from _taken(office, person, known[0])
    if password and (result := source.check(person, password)).code:
        yield f"the directory refuses the password: {result.code} {result.message}".rstrip()


def _taken(office: Any, person: "Person", address: str) -> Iterator[str]:
    from easd.store import SqlFollowing

    try:
        user = office.accounts.entity(address)
    except KeyError:
        return
    follower = SqlFollowing(office.store, office.settings.ldap.organisation).of_user(user.id)
    if follower is None:
        yield f"{address} belongs to an account that is not the directory's: `easd ldap sync --adopt` makes it so"
    elif follower.id != person.id:
        yield f"{address} belongs to the account of {follower.dn}"
    elif not user.enabled:
        yield f"{user.address} is disabled here"


def _facts(person: "Person") -> dict[str, Any]:
    profile = person.profile
    return {
        "dn": person.dn,
        "id": person.id,
        "logins": person.logins,
        "addresses": person.addresses,
        "name": person.display_name,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "phone": profile.phone,
        "mobile_phone": profile.mobile_phone,
        "title": profile.title,
        "office": profile.office,
        "company": profile.company,
        "picture_bytes": len(person.picture or b""),
        "certificates": len(profile.certificates),
        "hidden": person.hidden,
        "disabled": person.disabled,
    }
