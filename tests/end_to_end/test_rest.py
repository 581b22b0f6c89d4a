"""The REST API over HTTP: what programs manage beside the WorkMail API, with access keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from easd.http.rest.routes import OPERATIONS
from easd.model.access_key import KeyRole
from easd.model.device import Device
from tests.support.server import in_process_app, office


class Client:
    """An administrator's program."""

    def __init__(self, http: httpx.AsyncClient, key: tuple[str, str]) -> None:
        self._http = http
        self.key = key

    async def __call__(self, method: str, path: str, body: object = None, **query: str) -> httpx.Response:
        return await self._http.request(method, f"/admin/v1{path}", json=body, params=query, auth=self.key)


@asynccontextmanager
async def program(url: str, role: KeyRole = KeyRole.ADMIN) -> AsyncIterator[Client]:
    with office(url) as opened:
        organisation = opened.organisation("") if role is KeyRole.ORGANISATION_ADMIN else None
        key, secret = opened.desk.access_keys.create(role, organisation)
    with in_process_app(url) as application:
        transport = httpx.ASGITransport(app=application.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://server.test", trust_env=False) as http:
            yield Client(http, (key.id, secret))


@pytest.fixture
def phone(people: str) -> str:
    """The database, in which alice has a phone."""
    with office(people) as opened, opened.store.writing(opened.user("alice").mailbox_id) as box:
        box.save_device(Device(0, opened.user("alice").id, "PHONE1", "iPhone", version="16.1"))
    return people


async def test_a_policy_is_made_assigned_changed_and_taken_away(people: str) -> None:
    async with program(people) as ask:
        made = await ask("PUT", "/policies/Phones", {"settings": {"DevicePasswordEnabled": True}, "refresh_hours": 24})
        assert (made.status_code, made.json()["name"], made.json()["refresh_hours"]) == (200, "Phones", 24)
        assert made.json()["settings"]["DevicePasswordEnabled"] is True
        assert (await ask("PUT", "/policies/phones/everybody")).status_code == 204
        assert (await ask("PUT", "/policies/phones/assignments/bob@example.test", {})).status_code == 204
        [policy] = (await ask("GET", "/policies")).json()
        assert policy["assigned"] == [{"to": "everybody"}, {"to": "user", "address": "bob@example.test"}]
        changed = await ask("PUT", "/policies/Phones", {"settings": {"MinDevicePasswordLength": 6}})
        assert changed.json()["settings"]["DevicePasswordEnabled"] is True
        assert (await ask("DELETE", "/policies/Phones")).status_code == 409
        assert (await ask("DELETE", "/policy-of/everybody")).status_code == 204
        assert (await ask("DELETE", "/policy-of/bob@example.test")).status_code == 204
        assert (await ask("DELETE", "/policies/Phones")).status_code == 204
        assert (await ask("GET", "/policies/Phones")).status_code == 404


async def test_a_device_is_seen_let_in_and_wiped(phone: str) -> None:
    async with program(phone, KeyRole.DEVICE_MANAGER) as ask:
        [device] = (await ask("GET", "/devices")).json()
        assert (device["user"], device["device"], device["state"]) == ("alice@example.test", "PHONE1", "")
        assert (device["failing"], device["trouble"]) == (False, "")
        assert (await ask("GET", "/devices", failing="true")).json() == []
        at = "/users/alice@example.test/devices/phone1"
        assert (await ask("PUT", f"{at}/access", {"effect": "DENY", "description": "lost"})).status_code == 204
        assert (await ask("GET", "/devices", state="blocked")).json()[0]["override"] == "DENY"
        assert (await ask("DELETE", f"{at}/access")).status_code == 204
        refused = await ask("POST", f"{at}/wipe", {"kind": "device"})
        assert (refused.status_code, refused.json()["code"]) == (400, "Invalid")
        ordered = await ask("POST", f"{at}/wipe", {"kind": "device", "confirm": "PHONE1", "reason": "stolen"})
        assert [wipe["state"] for wipe in ordered.json()["wipes"]] == ["pending"]
        assert (await ask("POST", f"{at}/wipe", {})).status_code == 409
        assert (await ask("DELETE", f"{at}/wipe")).json()["state"] == ""
        assert (await ask("DELETE", at)).status_code == 204
        assert (await ask("GET", at)).status_code == 404


async def test_rules_about_mail_and_the_lines_of_the_audit_log(people: str) -> None:
    async with program(people, KeyRole.ORGANISATION_ADMIN) as ask:
        rule = {"name": "Spam", "action": "junk", "senders": ["spam.example"]}
        assert (await ask("POST", "/flow-rules", rule)).json()["recipients"] == ["*"]
        assert (await ask("POST", "/flow-rules", rule)).status_code == 409
        assert [one["name"] for one in (await ask("GET", "/flow-rules")).json()["rules"]] == ["Spam"]
        assert (await ask("DELETE", "/flow-rules/spam")).status_code == 204
        lines = (await ask("GET", "/audit", actor=f"key:{ask.key[0]}")).json()
        assert [line["operation"] for line in lines] == ["DeleteFlowRule", "CreateFlowRule", "CreateFlowRule"]
        assert (await ask("GET", "/audit", since="yesterday")).status_code == 400


async def test_without_a_key_or_with_a_wrong_one_nothing_is_told(people: str) -> None:
    async with program(people) as ask:
        ask.key = (ask.key[0], "wrong")
        refused = await ask("GET", "/devices")
        assert (refused.status_code, refused.json()["code"]) == (401, "Unauthorized")
        assert refused.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
async def test_a_key_that_only_reads_changes_nothing(sqlite_people: str, one: object) -> None:
    operation = next(row for row in OPERATIONS if row is one)
    path = operation.path.format(name="x", address="alice@example.test", device="PHONE1")
    body = (
        {"effect": "DENY"}
        if path.endswith("access")
        else {"name": "x", "action": "drop"}
        if path == "/flow-rules"
        else {}
    )
    async with program(sqlite_people, KeyRole.READ_ONLY) as ask:
        told = await ask(operation.method, path, None if operation.body is None else body)
        assert (told.status_code == 403) == (operation.level != "read"), told.text


@pytest.mark.parametrize("body", [b"{", b'{"settings": 5}', b'{"unknown": 1}', b"x" * 300_000])
async def test_what_has_another_shape_is_refused_by_name(sqlite_people: str, body: bytes) -> None:
    async with program(sqlite_people) as ask:
        told = await ask._http.put("/admin/v1/policies/x", content=body, auth=ask.key)
        assert told.status_code in (400, 413)
        assert told.json()["message"]


async def test_the_document_describes_every_operation(sqlite_people: str) -> None:
    async with program(sqlite_people) as ask:
        found = (await ask("GET", "/openapi.json")).json()
    assert found["openapi"] == "3.1.0"
    described = {(method.upper(), path) for path, row in found["paths"].items() for method in row}
    assert described == {(one.method, f"/admin/v1{one.path}") for one in OPERATIONS}
    text = str(found)
    assert all(f"'{name}':" in text for name in ("PolicyShown", "DeviceShown", "FlowRuleBody", "ErrorShown"))
