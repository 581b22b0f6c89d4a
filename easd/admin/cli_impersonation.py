"""`easd impersonation`: roles by which programs act in the place of people."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, Yes, settings_of, sure
from easd.admin.refused import Refused
from easd.model.access import Effect
from easd.model.impersonation import ImpersonationRole, ImpersonationRule, ImpersonationType

if TYPE_CHECKING:  # it brings the database with it, which takes its time
    from easd.admin.office import Office

app = typer.Typer(
    name="impersonation", help="Roles by which programs act in the place of people.", no_args_is_help=True
)

Organisation = Annotated[
    str, typer.Option("--organisation", help="Name, alias or identifier; the only one if left out.")
]
Role = Annotated[str, typer.Argument(metavar="ROLE", help="Its name or identifier.")]
Type = Annotated[
    ImpersonationType | None, typer.Option("--type", case_sensitive=False, help="What it may do.", show_default=False)
]
Allowed = Annotated[list[str] | None, typer.Option("--allow", metavar="USER", help="In whose place. May be repeated.")]
Denied = Annotated[list[str] | None, typer.Option("--deny", metavar="USER", help="In whose place never.")]
Everybody = Annotated[bool, typer.Option("--allow-everybody", help="In the place of all who are not denied.")]
Description = Annotated[str | None, typer.Option("--description", help="What it is for.", show_default=False)]


@app.command("list")
def list_roles(context: typer.Context, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """All roles."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        found = [_facts(office, role) for role in office.desk.means.impersonation.roles(number)]
    if as_json:
        output.as_json(found)
        return
    columns = ("name", "id", "type", "allow", "deny", "description")
    output.table(columns, [[facts[column] for column in columns] for facts in found], "there are no roles")


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    type_: Type = None,
    allow: Allowed = None,
    deny: Denied = None,
    allow_everybody: Everybody = False,
    description: Description = None,
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """A new role, which only reads unless it is told otherwise, and gives nobody's place unless told whose."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        rules = _rules(office, allow or [], deny or [], everybody=allow_everybody)
        role = ImpersonationRole("", name, type_ or ImpersonationType.READ_ONLY, rules, description or "")
        with refusing():
            made = office.desk.impersonation.create(office.organisation(organisation), role)
        _show(office, made, as_json=as_json)


@app.command("change")
def change(
    context: typer.Context,
    role: Role,
    name: Annotated[str | None, typer.Option("--name", help="Another name.", show_default=False)] = None,
    type_: Type = None,
    allow: Allowed = None,
    deny: Denied = None,
    allow_everybody: Everybody = False,
    description: Description = None,
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Change what the options name; who is allowed or denied replaces all rules. Tokens count under the new ones."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        before = _role(office, number, role)
        said = allow or deny or allow_everybody
        changed = ImpersonationRole(
            before.id,
            name or before.name,
            type_ or before.type,
            _rules(office, allow or [], deny or [], everybody=allow_everybody) if said else before.rules,
            before.description if description is None else description,
        )
        with refusing():
            office.desk.impersonation.change(number, changed)
        _show(office, changed, as_json=as_json)


@app.command("remove")
def remove(context: typer.Context, role: Role, organisation: Organisation = "", yes: Yes = False) -> None:
    """Remove a role; its tokens count no more."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        found = _role(office, number, role)
        sure(f"Remove the role {found.name}?", yes)
        with refusing():
            office.desk.impersonation.remove(number, found.id)
    output.say(f"the role {found.name} is removed")


@app.command("assume")
def assume(context: typer.Context, role: Role, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """A token, for a quarter of an hour. Programs send it as `Authorization: Bearer TOKEN`, with the address of the
    user in whose place they act in `X-AnchorMailbox`, or as the User of the request.
    """
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office, refusing():
        number = office.organisation(organisation)
        token = office.desk.impersonation.assume(number, _role(office, number, role).id)
    if as_json:
        output.as_json({"token": token.secret, "seconds": token.seconds})
    else:
        typer.echo(token.secret)


@app.command("test")
def try_out(
    context: typer.Context,
    role: Role,
    user: Annotated[str, typer.Argument(metavar="USER", help="In whose place.")],
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Whether the role gives somebody's place, and by which rules."""
    from easd.admin.office import open_office
    from easd.policy.impersonation import effect

    with open_office(settings_of(context)) as office:
        found = _role(office, office.organisation(organisation), role)
        decided, matched = effect(found, office.user(user).id)
    facts = {"effect": decided.value, "type": found.type.value, "matched": [rule.name or rule.id for rule in matched]}
    if as_json:
        output.as_json(facts)
    else:
        output.table(tuple(facts), [tuple(facts.values())], "")


def _role(office: "Office", organisation: int, name: str) -> ImpersonationRole:
    """Refused if there is none, or several have the name."""
    asked = name.strip().lower()
    roles = office.desk.means.impersonation.roles(organisation)
    found = [role for role in roles if asked in (role.id, role.name.lower())]
    if len(found) != 1:
        raise Refused(f"there {'are several roles' if found else 'is no role'} {name}: see `easd impersonation list`")
    return found[0]


def _rules(office: "Office", allow: list[str], deny: list[str], *, everybody: bool) -> tuple[ImpersonationRule, ...]:
    if everybody and allow:
        raise Refused("--allow-everybody needs no --allow")
    denied = tuple(office.user(one).id for one in deny)
    allowed = tuple(office.user(one).id for one in allow)
    rules = [ImpersonationRule("deny", Effect.DENY, "deny", target_users=denied)] if denied else []
    if allowed or everybody:
        rules.append(ImpersonationRule("allow", Effect.ALLOW, "allow", target_users=allowed))
    return tuple(rules)


def _facts(office: "Office", role: ImpersonationRole) -> dict[str, Any]:
    """A role as JSON: users by address, as far as they are still there."""
    known = {user.id: user.address for user in office.accounts.users()}
    return {
        "id": role.id,
        "name": role.name,
        "type": role.type.value,
        "allow": [whom for rule in role.rules if rule.effect is Effect.ALLOW for whom in _whom(rule, known)],
        "deny": [whom for rule in role.rules if rule.effect is Effect.DENY for whom in _whom(rule, known)],
        "description": role.description,
    }


def _whom(rule: ImpersonationRule, known: dict[int, str]) -> list[str]:
    named = [known.get(number, str(number)) for number in rule.target_users] or ["everybody"]
    return [*named, *(f"not {known.get(number, number)}" for number in rule.not_target_users)]


def _show(office: "Office", role: ImpersonationRole, *, as_json: bool) -> None:
    facts = _facts(office, role)
    if as_json:
        output.as_json(facts)
    else:
        output.table(("", ""), list(facts.items()), "")
