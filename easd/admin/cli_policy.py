"""`easd policy`: what an organisation demands of the devices of its users."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, UserName, Yes, settings_of, sure
from easd.policy.assignment import Assignment, NamedPolicy, Target
from easd.policy.lint import Finding, Severity, findings
from easd.policy.rules import PolicyRules
from easd.policy.settings import ATTRIBUTES

if TYPE_CHECKING:
    from easd.admin.office import Office
    from easd.model.account import User

app = typer.Typer(
    name="policy",
    help="What devices must do to come in. A user's own policy counts first, then a group's, then the organisation's.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="POLICY", help="Its name; letter case does not matter.")]
Organisation = Annotated[str, typer.Option("--organisation", help="Whose; the only one if left out.")]


def _switch(on: str, off: str, text: str) -> Any:
    return typer.Option(f"--{on}/--{off}", help=text, show_default=False)


@app.command("set")
def set_policy(
    context: typer.Context,
    name: Name,
    settings: Annotated[
        list[str] | None, typer.Argument(metavar="[SETTING=VALUE]...", help="As MS-ASPROV names them.")
    ] = None,
    organisation: Organisation = "",
    strict: Annotated[
        bool | None, _switch("only-provisionable", "any-device", "Keep devices out that take part in no policy.")
    ] = None,
    partial: Annotated[
        bool | None, _switch("allow-partial", "forbid-partial", "Devices that can apply a part of it alone.")
    ] = None,
    external: Annotated[
        bool | None, _switch("allow-external", "forbid-external", "Devices that say others manage them.")
    ] = None,
    refresh: Annotated[
        int | None,
        typer.Option(min=0, max=8760, help="Hours after which devices get it anew; 0: never.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a policy, or change what is named of one. Its users' devices get it at once."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        with refusing():
            policy = office.desk.policies.put(
                number,
                name,
                settings or (),
                strict=strict,
                partial=partial,
                external=external,
                refresh=None if refresh is None else timedelta(hours=refresh),
            )
        found = facts(office, policy)
    if as_json:
        output.as_json(found)
    _remark(findings(policy.rules))


@app.command("show")
def show(context: typer.Context, name: Name, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """All settings of a policy, and to whom it is assigned."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        with refusing():
            policy = office.policies.get(office.organisation(organisation), name)
        found = facts(office, policy)
    if as_json:
        output.as_json(found)
        return
    settings = found.pop("settings")
    output.table(("", ""), found.items(), "")
    output.table(("setting", "value"), settings.items(), "")
    _remark(findings(policy.rules))


@app.command("list")
def list_policies(context: typer.Context, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """The policies of an organisation."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        found = [facts(office, one) for one in office.policies.listed(office.organisation(organisation))]
    if as_json:
        output.as_json(found)
    else:
        rows = [(one["policy"], one["assigned"], _asked(one["settings"])) for one in found]
        output.table(("policy", "assigned to", "asks for"), rows, "there is no policy: devices are asked for nothing")


@app.command("of")
def of_user(context: typer.Context, user: UserName, as_json: AsJson = False) -> None:
    """The policies that are assigned to a user; the first counts, whole."""
    from easd.admin.office import open_office

    with open_office(settings_of(context)) as office:
        owner = office.user(user)
        found = [
            {"policy": name, "by": target.name.lower(), "counts": place == 0}
            for place, (name, target, _) in enumerate(office.policies.applying(owner.id))
        ]
    if as_json:
        output.as_json(found)
    else:
        empty = f"nothing is assigned to {owner.address}: devices are asked for nothing"
        output.table(("policy", "by", "counts"), [tuple(one.values()) for one in found], empty)


@app.command("remove")
def remove(context: typer.Context, name: Name, organisation: Organisation = "", yes: Yes = False) -> None:
    """Delete a policy that is assigned to nobody."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        with refusing():
            found = office.policies.get(number, name)
            sure(f"Delete the policy {found.name}?", yes)
            office.desk.policies.remove(number, found.name)
    output.say(f"{found.name} is deleted")


Everybody = Annotated[bool, typer.Option("--everybody", help="The organisation.")]
OneUser = Annotated[str, typer.Option("--user", help="One user, before all else.")]
OneGroup = Annotated[str, typer.Option("--group", help="The people of a group, before the organisation's.")]


@app.command("assign")
def assign(
    context: typer.Context,
    name: Name,
    everybody: Everybody = False,
    user: OneUser = "",
    group: OneGroup = "",
    rank: Annotated[int, typer.Option(min=0, max=9999, help="Of several groups of a user the lowest counts.")] = 100,
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Give a policy to the organisation, a group or one user, in place of another of their own."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number, whom = _whom(office, organisation, user, group, everybody=everybody)
        with refusing():
            office.desk.policies.assign(number, name, whom, rank)
        found = facts(office, office.policies.get(number, name))
    if as_json:
        output.as_json(found)


@app.command("unassign")
def unassign(
    context: typer.Context,
    everybody: Everybody = False,
    user: OneUser = "",
    group: OneGroup = "",
    organisation: Organisation = "",
) -> None:
    """Take the policy that the organisation, a group or a user has of their own away."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number, whom = _whom(office, organisation, user, group, everybody=everybody)
        with refusing():
            office.desk.policies.unassign(number, whom)


def _whom(office: "Office", organisation: str, user: str, group: str, *, everybody: bool) -> "tuple[int, User | None]":
    """The organisation, and the one in it who is meant (None: everybody)."""
    if [everybody, bool(user), bool(group)].count(True) != 1:
        raise typer.BadParameter("say one of --everybody, --group and --user")
    if everybody:
        return office.organisation(organisation), None
    whom = office.entity(office.group(group).address) if group else office.user(user)
    return office.accounts.organization_of(whom.id), whom


@app.command("lint")
def lint(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[POLICY]", help="All of them if left out.")] = "",
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """What clients are known to refuse, or has no effect. Exit code 1 where some devices cannot come in or work."""
    from easd.admin.office import open_office, refusing

    with open_office(settings_of(context)) as office:
        number = office.organisation(organisation)
        with refusing():
            chosen = [office.policies.get(number, name)] if name else office.policies.listed(number)
    found = remarks(chosen)
    if as_json:
        output.as_json(found)
    else:
        rows = [(one["policy"], one["severity"], one["text"]) for one in found]
        output.table(("policy", "", "remark"), rows, "nothing is known against it")
    if any(one["severity"] == Severity.REFUSED for one in found):
        raise typer.Exit(1)


def remarks(policies: list[NamedPolicy] | Any) -> list[dict[str, Any]]:
    """The remarks about these policies as JSON."""
    return [
        {"policy": policy.name, "severity": one.severity, "settings": one.settings, "text": one.text}
        for policy in policies
        for one in findings(policy.rules)
    ]


def facts(office: "Office", policy: NamedPolicy) -> dict[str, Any]:
    """A policy as JSON."""
    rules = policy.rules
    return {
        "policy": policy.name,
        "assigned": [_named(office, one) for one in policy.assignments],
        "readable": not rules.damaged,
        "only_provisionable": not rules.allow_non_provisionable,
        "allow_partial": rules.allow_partial,
        "allow_external": rules.allow_external,
        "refresh_hours": None if rules.refresh is None else rules.refresh // timedelta(hours=1),
        "settings": {
            name: getattr(rules.document, attribute) for name, attribute in ATTRIBUTES.items() if rules.document
        },
    }


def _named(office: "Office", assignment: Assignment) -> str:
    if assignment.target is Target.ORGANISATION:
        return "everybody"
    if assignment.target is Target.GROUP:
        names = {group.id: f"group {group.address}, rank {assignment.rank}" for group in office.groups.all()}
    else:
        names = {user.id: user.address for user in office.accounts.users()}
    return names.get(assignment.target_id, "?")


def _asked(settings: dict[str, Any]) -> str:
    asked = changed_settings(settings)
    return ", ".join(f"{name}={output.cell(value)}" for name, value in asked.items()) or "nothing"


def changed_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Those that ask for something."""
    plain = PolicyRules().document
    return {name: value for name, value in settings.items() if value != getattr(plain, ATTRIBUTES[name])}


def _remark(found: list[Finding]) -> None:
    for one in found:
        output.say(f"{one.severity}: {one.text}")
