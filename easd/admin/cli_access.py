"""`easd access-rule`: which devices an organisation lets in, as Amazon WorkMail's mobile device access rules say it."""

from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, settings_of
from easd.model.access import Access, AccessRule, Conditions, Effect, Properties, Undecided

app = typer.Typer(name="access-rule", help="Which devices an organisation lets in.", no_args_is_help=True)

Organisation = Annotated[
    str, typer.Option("--organisation", metavar="NAME", help="Whose rules, where there are several organisations.")
]
Rule = Annotated[str, typer.Argument(metavar="RULE", help="Its number or name, as `easd access-rule list` shows them.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the rule is called.")]
Description = Annotated[str | None, typer.Option("--description", help="What it is for.")]


def _values(option: str, help_: str) -> Any:
    return typer.Option(option, metavar="TEXT", help=f"{help_} May be given several times.")


Types = Annotated[list[str] | None, _values("--type", "The DeviceType begins so.")]
NotTypes = Annotated[list[str] | None, _values("--not-type", "The DeviceType does not begin so.")]
Models = Annotated[list[str] | None, _values("--model", "The model begins so; $NONE: none is reported.")]
NotModels = Annotated[list[str] | None, _values("--not-model", "A model is reported that does not begin so.")]
Systems = Annotated[list[str] | None, _values("--os", "The operating system begins so; $NONE: none is reported.")]
NotSystems = Annotated[list[str] | None, _values("--not-os", "A system is reported that does not begin so.")]
Agents = Annotated[list[str] | None, _values("--user-agent", "The user agent begins so; $NONE: there is none.")]
NotAgents = Annotated[list[str] | None, _values("--not-user-agent", "There is one that does not begin so.")]


@app.command("list")
def list_rules(context: typer.Context, organisation: Organisation = "", as_json: AsJson = False) -> None:
    """The rules. One that denies wins; a device that none is about is blocked, or waits in quarantine."""
    from easd.admin.access import open_access

    with open_access(settings_of(context), organisation) as desk:
        found = desk.access
    if as_json:
        output.as_json({"undecided": found.undecided, "rules": [facts(rule) for rule in found.rules]})
        return
    rows = ((it.id, it.name, it.effect, _conditions(it), it.description) for it in found.rules)
    output.table(("rule", "name", "effect", "devices", "description"), rows, "no rules: every device is blocked")
    output.say(f"A device that no rule is about: {found.undecided.value.lower()}")


@app.command("add")
def add(
    context: typer.Context,
    name: Name,
    effect: Annotated[Effect, typer.Argument(case_sensitive=False, help="ALLOW or DENY.")],
    device_type: Types = None,
    not_type: NotTypes = None,
    model: Models = None,
    not_model: NotModels = None,
    system: Systems = None,
    not_os: NotSystems = None,
    user_agent: Agents = None,
    not_user_agent: NotAgents = None,
    description: Description = None,
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Add a rule. All its conditions must match; texts are beginnings, without regard to letter case."""
    from easd.admin.access import open_access

    lists = (device_type, not_type, model, not_model, system, not_os, user_agent, not_user_agent)
    conditions = Conditions(*(tuple(values or ()) for values in lists))
    with open_access(settings_of(context), organisation) as desk:
        made = desk.add(AccessRule(0, name, effect, conditions, description or ""))
    _tell(made, as_json, "is in force")


@app.command("update")
def update(
    context: typer.Context,
    rule: Rule,
    name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    effect: Annotated[Effect | None, typer.Option("--effect", case_sensitive=False, help="ALLOW or DENY.")] = None,
    device_type: Types = None,
    not_type: NotTypes = None,
    model: Models = None,
    not_model: NotModels = None,
    system: Systems = None,
    not_os: NotSystems = None,
    user_agent: Agents = None,
    not_user_agent: NotAgents = None,
    description: Description = None,
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """Change a rule: what is not named stays. `--model ""` takes the condition away."""
    from easd.admin.access import open_access

    lists = (device_type, not_type, model, not_model, system, not_os, user_agent, not_user_agent)
    with open_access(settings_of(context), organisation) as desk:
        known = desk.rule(rule)
        kept = zip(lists, asdict(known.conditions).values(), strict=True)
        conditions = Conditions(*(before if given is None else tuple(filter(None, given)) for given, before in kept))
        changed = replace(known, name=name or known.name, effect=effect or known.effect, conditions=conditions)
        made = desk.change(changed if description is None else replace(changed, description=description))
    _tell(made, as_json, "is changed")


@app.command("remove")
def remove(context: typer.Context, rule: Rule, organisation: Organisation = "") -> None:
    """Remove a rule. Without any rule every device is blocked."""
    from easd.admin.access import open_access

    with open_access(settings_of(context), organisation) as desk:
        known = desk.rule(rule)
        desk.remove(known)
        left = len(desk.access.rules)
    output.say(f"{known.name} is removed{'' if left else ': there are no rules now, and every device is blocked'}")


@app.command("simulate")
def simulate(
    context: typer.Context,
    device_type: Annotated[str, typer.Option("--type", help="Its DeviceType.")] = "",
    model: Annotated[str, typer.Option("--model", help="The model that it reports.")] = "",
    system: Annotated[str, typer.Option("--os", help="The operating system that it reports.")] = "",
    user_agent: Annotated[str, typer.Option("--user-agent", help="Its user agent.")] = "",
    organisation: Organisation = "",
    as_json: AsJson = False,
) -> None:
    """What the rules would say of a device that reports this, and nothing else. Overrides are left aside."""
    from easd.admin.access import open_access

    with open_access(settings_of(context), organisation) as desk:
        found = _simulated(desk.access, Properties(device_type, model, system, user_agent))
    if as_json:
        output.as_json(found)
        return
    output.table(("rule", "name"), [(rule["rule"], rule["name"]) for rule in found["matched_rules"]], "no rule matches")
    output.say(f"{found['effect']}: the device would be {found['result']}")


@app.command("undecided")
def undecided(
    context: typer.Context,
    what: Annotated[Undecided, typer.Argument(case_sensitive=False, help="BLOCK or QUARANTINE.")],
    organisation: Organisation = "",
) -> None:
    """What becomes of devices that no rule is about: blocked, or kept waiting until `easd device approve`."""
    from easd.admin.access import open_access

    with open_access(settings_of(context), organisation) as desk:
        desk.set_undecided(what)
    output.say(f"a device that no rule is about: {what.value.lower()}")


def facts(rule: AccessRule) -> dict[str, Any]:
    """A rule as JSON."""
    lists = {name: values for name, values in asdict(rule.conditions).items() if values}
    return {
        "rule": rule.id,
        "name": rule.name,
        "effect": rule.effect,
        **lists,
        "description": rule.description,
        "created": rule.created,
        "modified": rule.modified,
    }


def _simulated(access: Access, properties: Properties) -> dict[str, Any]:
    from easd.policy.access import decide, outcome

    found = outcome(access.rules, properties)
    return {
        "effect": found.effect,
        "result": decide(access, properties).name.lower(),
        "matched_rules": [{"rule": rule.id, "name": rule.name} for rule in found.matched],
    }


def _conditions(rule: AccessRule) -> str:
    """`model iPhone or iPad, not os iOS 6`: what an administrator reads of a rule."""
    named = zip(
        ("type", "not type", "model", "not model", "os", "not os", "user agent", "not user agent"),
        asdict(rule.conditions).values(),
        strict=True,
    )
    return ", ".join(f"{name} {' or '.join(values)}" for name, values in named if values) or "all"


def _tell(rule: AccessRule, as_json: bool, what: str) -> None:
    if as_json:
        output.as_json(facts(rule))
    else:
        output.say(f"{rule.name} {what}: {rule.effect} {_conditions(rule)}")
