"""`easd access-control`: from where, by which protocol and by whom mailboxes are reached."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, settings_of
from easd.model.access import Effect
from easd.model.access_control import AccessConditions, AccessControlRule, Protocol, Visit

if TYPE_CHECKING:  # it brings the database with it, which takes its time
    from easd.admin.office import Office

app = typer.Typer(name="access-control", help="From where and how mailboxes are reached.", no_args_is_help=True)

Organisation = Annotated[
    str, typer.Option("--organisation", help="Name, alias or identifier; the only one if left out.")
]
Name = Annotated[str, typer.Argument(metavar="RULE", help="Its name: letters, digits, _ and -.")]


def _several(option: str, metavar: str, help_: str) -> Any:
    return typer.Option(option, metavar=metavar, help=f"{help_} May be given several times.", case_sensitive=False)


Ranges = Annotated[list[str] | None, _several("--ip-range", "CIDR", "From this network, of IPv4 or IPv6.")]
NotRanges = Annotated[list[str] | None, _several("--not-ip-range", "CIDR", "From elsewhere than this network.")]
Actions = Annotated[list[Protocol] | None, _several("--action", "PROTOCOL", "By this protocol.")]
NotActions = Annotated[list[Protocol] | None, _several("--not-action", "PROTOCOL", "By another protocol.")]
Users = Annotated[list[str] | None, _several("--user", "USER", "This user.")]
NotUsers = Annotated[list[str] | None, _several("--not-user", "USER", "Another user.")]
Roles = Annotated[list[str] | None, _several("--role", "ID", "By this impersonation role.")]
NotRoles = Annotated[list[str] | None, _several("--not-role", "ID", "Not by this impersonation role.")]


@app.command("list")
def list_rules(context: typer.Context, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """The rules. One that denies wins; who matches none does not come in."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = office.desk.means.access_control.rules(office.organisation(organisation))
        facts = [_facts(office, rule) for rule in found]
    if as_json:
        output.as_json(facts)
        return
    rows = [(one["name"], one["effect"], _conditions(one), one["description"]) for one in facts]
    output.table(("rule", "effect", "who comes", "description"), rows, "no rules: nobody comes in")


@app.command("put")
def put(
    context: typer.Context,
    name: Name,
    effect: Annotated[Effect, typer.Argument(case_sensitive=False, help="ALLOW or DENY.")],
    ip_range: Ranges = None,
    not_ip_range: NotRanges = None,
    action: Actions = None,
    not_action: NotActions = None,
    user: Users = None,
    not_user: NotUsers = None,
    role: Roles = None,
    not_role: NotRoles = None,
    description: Annotated[str, typer.Option("--description", help="What it is for.")] = "",
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Add a rule, or replace the one of that name. All its conditions must match."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        people = [tuple(office.user(one).id for one in named or ()) for named in (user, not_user)]
        conditions = AccessConditions(
            tuple(ip_range or ()),
            tuple(not_ip_range or ()),
            tuple(action or ()),
            tuple(not_action or ()),
            people[0],
            people[1],
            tuple(role or ()),
            tuple(not_role or ()),
        )
        rule = AccessControlRule(name, effect, description, conditions)
        with refusing():
            office.desk.access_control.put(office.organisation(organisation), rule)
        facts = _facts(office, rule)
    if as_json:
        output.as_json(facts)
    else:
        output.say(f"the rule {name} is in force")


@app.command("remove")
def remove(context: typer.Context, name: Name, organisation: Organisation = "") -> None:
    """Remove a rule. Without any rule nobody comes in."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office, refusing():
        office.desk.access_control.remove(office.organisation(organisation), name)
    output.say(f"the rule {name} is removed")


@app.command("test")
def try_out(
    context: typer.Context,
    user: Annotated[str, typer.Argument(metavar="USER", help="Who comes.")],
    action: Annotated[Protocol, typer.Argument(case_sensitive=False, help="How.")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="From where: an IP address.")],
    role: Annotated[str, typer.Option("--role", metavar="ID", help="In the user's place, by this role.")] = "",
    as_json: AsJson = False,
) -> None:
    """What the rules make of such a visit, and which of them."""
    from easd.admin.office import open_office
    from easd.policy.access_control import effect

    with open_office(settings_of(context)) as office:
        found = office.user(user)
        rules = office.desk.means.access_control.rules(office.accounts.organization_of(found.id))
    decided, matched = effect(rules, Visit(found.id, action, address, role))
    names = [rule.name for rule in matched]
    if as_json:
        output.as_json({"effect": decided, "matched": names})
        return
    output.table(("effect", "by the rules"), [(decided.value, tuple(names))], "")


def _facts(office: "Office", rule: AccessControlRule) -> dict[str, Any]:
    """A rule as JSON: users by address, as far as they are still there."""
    known = {one.id: one.address for one in office.accounts.users()}
    conditions: dict[str, Any] = asdict(rule.conditions)
    people = {
        name: tuple(known[number] for number in conditions.pop(f"{name[:-1]}_ids") if number in known)
        for name in ("users", "not_users")
    }
    return {
        "name": rule.name,
        "effect": rule.effect,
        "description": rule.description,
        "conditions": {name: values for name, values in (conditions | people).items() if values},
    }


def _conditions(facts: dict[str, Any]) -> str:
    known = facts["conditions"]
    return "; ".join(f"{name.replace('_', ' ')}: {', '.join(values)}" for name, values in known.items()) or "everybody"
