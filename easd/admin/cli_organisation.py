"""`easd organisation`: organisations as wholes."""

from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import output
from easd.admin.options import AsJson, Yes, settings_of, sure

if TYPE_CHECKING:  # it brings the database with it, which takes its time
    from easd.admin.office import Office
    from easd.model.identity import Organisation

app = typer.Typer(name="organisation", help="Organisations: names, identifiers, tags.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(metavar="[ORGANISATION]", help="Name, alias or identifier; the only one if left out.")
]


@app.command("list")
def list_all(
    context: typer.Context,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those too that were removed.")] = False,
    as_json: AsJson = False,
) -> None:
    """All organisations."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        facts = [_facts(one) for one in office.organisations.all(deleted=deleted)]
    if as_json:
        output.as_json(facts)
        return
    columns = ("identifier", "name", "alias", "state", "default domain", "test domain", "created")
    output.table(columns, [list(one.values()) for one in facts], "no organisations: `easd init` makes one")


@app.command("add")
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")],
    alias: Annotated[str, typer.Option("--alias", help="Unique; made of the name if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make an organisation; `easd domain add` gives it a mail domain."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        with refusing():
            made = office.organisations.organisation(office.desk.organisations.create(name, alias))
        _show(office, made, as_json)


@app.command("show")
def show(context: typer.Context, organisation: Name = "", as_json: AsJson = False) -> None:
    """One organisation, with its tags and how many it has of what."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        _show(office, office.organisations.organisation(office.organisation(organisation)), as_json)


@app.command("tag")
def tag(
    context: typer.Context,
    organisation: Name = "",
    add_tags: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="May be repeated.")] = None,
    drop: Annotated[list[str] | None, typer.Option("--remove", metavar="KEY", help="May be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add, replace and remove tags."""
    from easd.admin.office import open_office, refusing

    pairs = dict(one.partition("=")[::2] for one in add_tags or ())
    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        with refusing(), office.desk.together():
            if drop:
                office.desk.organisations.untag(number, drop)
            if pairs:
                office.desk.organisations.tag(number, pairs)
        _show(office, office.organisations.organisation(number), as_json)


@app.command("remove")
def remove(
    context: typer.Context,
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION", help="Name, alias or identifier.")],
    yes: Yes = False,
) -> None:
    """Remove an organisation with all people, mailboxes and domains."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        found = office.organisations.organisation(office.organisation(organisation))
        people = len(office.organisations.identities(found.id))
        sure(f"Remove {found.name} with {people} users, groups and resources, and all their mail?", yes)
        with refusing():
            office.desk.organisations.remove(found.id)
    output.say(f"{found.name} is removed")


@app.command("people")
def people(
    context: typer.Context,
    organisation: Name = "",
    deleted: Annotated[bool, typer.Option("--deleted", help="Those too that were removed of late.")] = False,
    as_json: AsJson = False,
) -> None:
    """Users, groups and resources with their identifiers and states."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = office.organisations.identities(office.organisation(organisation), deleted=deleted)
    facts = [
        {
            "identifier": one.public_id,
            "address": one.address,
            "name": one.display_name,
            "kind": one.kind,
            "role": one.role,
            "state": one.state,
            "enabled": one.enabled,
            "disabled": one.disabled,
        }
        for one in found
    ]
    if as_json:
        output.as_json(facts)
        return
    columns = ("identifier", "address", "name", "kind", "role", "state", "enabled", "disabled")
    output.table(columns, [list(one.values()) for one in facts], "nobody is there")


def _facts(one: "Organisation") -> dict[str, object]:
    return {
        "identifier": one.public_id,
        "name": one.name,
        "alias": one.alias,
        "state": one.state,
        "default_domain": one.default_domain,
        "test_domain": one.test_domain,
        "created": one.created,
    }


def _show(office: "Office", one: "Organisation", as_json: bool) -> None:
    facts = _facts(one) | {
        "domains": len(office.organisations.domains(one.id)),
        "people": len(office.organisations.identities(one.id)),
        "tags": dict(office.organisations.tags(one.id)),
    }
    if as_json:
        output.as_json(facts)
        return
    tags = ", ".join(f"{key}={value}" for key, value in office.organisations.tags(one.id).items())
    rows = [(name.replace("_", " "), value) for name, value in (facts | {"tags": tags}).items()]
    output.table(("fact", "value"), rows, "")
