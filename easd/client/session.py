"""A device's conversation with its server: versions, provisioning when asked for, and one typed command at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from easd.client.errors import ClientError, ProtocolViolation, StatusFailure, WipeRequested
from easd.client.transport import PROVISION_FIRST, Call, Identity, TraceEntry, Transport
from easd.eas.commands.provision import (
    REQUEST as PROVISION_REQUEST,
    RESPONSE as PROVISION_RESPONSE,
    PolicyAsked,
    PolicyGiven,
    ProvisionRequest,
    ProvisionResponse,
    WipeAcknowledged,
)
from easd.eas.commands.settings import DeviceInformationSet
from easd.eas.multipart import MULTIPART_TYPE, MultipartError, unpack
from easd.eas.request import Command
from easd.eas.schema import Document, Malformed
from easd.eas.status import CommonStatus, PolicyAcknowledgement, PolicyStatus, ProvisionStatus, StatusCode, WipeStatus
from easd.eas.versions import DIALECTS, Version
from easd.model.device import DeviceInformation
from easd.model.policy import PolicyDocument
from easd.wbxml import Element, WbxmlError, decode

Asked = TypeVar("Asked")
Told = TypeVar("Told")

_PROVISION_AGAIN = frozenset(
    {
        CommonStatus.REMOTE_WIPE_REQUESTED,
        CommonStatus.LEGACY_DEVICE_ON_STRICT_POLICY,
        CommonStatus.DEVICE_NOT_PROVISIONED,
        CommonStatus.POLICY_REFRESH,
        CommonStatus.INVALID_POLICY_KEY,
    }
)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What OPTIONS says: versions that both sides know, ascending; the commands; and the server's own version."""

    versions: tuple[Version, ...]
    commands: tuple[str, ...]
    server_version: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A decoded answer; `root` is None for an empty body. `parts` are those of a multipart answer, document first."""

    root: Element | None
    parts: tuple[bytes, ...] = field(default=(), repr=False)


class Session:
    """Sends typed requests. Provisions and repeats the request, once, where the server asks for it (HTTP 449, 141-144).

    `version` None: the newest that OPTIONS offers and we know. `policy_key` is None until a Provision succeeded.
    """

    def __init__(
        self,
        url: str,
        identity: Identity,
        *,
        version: Version | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        base64: bool = False,
        information: DeviceInformation | None = None,
        trace: Callable[[TraceEntry], None] | None = None,
    ) -> None:
        self.transport = Transport(url, identity, transport=transport, base64=base64, trace=trace)
        self.information = information or DeviceInformation(model="easd client", os="easd", friendly_name="easd client")
        self.policy_key: int | None = None
        self.policy: PolicyDocument | None = None
        self._version = version

    async def close(self) -> None:
        """Give up the connections."""
        await self.transport.close()

    async def options(self) -> ServerOptions:
        """Ask what the server speaks (MS-ASHTTP OPTIONS); chooses the newest version where none was chosen."""
        headers = (await self.transport.options()).headers
        known = {version.text: version for version in Version}
        offered = [text.strip() for text in headers.get("MS-ASProtocolVersions", "").split(",")]
        commands = tuple(text.strip() for text in headers.get("MS-ASProtocolCommands", "").split(",") if text.strip())
        versions = tuple(sorted(known[text] for text in offered if text in known))
        if self._version is None and versions:
            self._version = versions[-1]
        return ServerOptions(versions, commands, headers.get("MS-Server-ActiveSync", ""))

    async def version(self) -> Version:
        """The version that is spoken; asks the server the first time if none was chosen."""
        if self._version is None:
            await self.options()
        if self._version is None:
            raise ClientError("the server offers no protocol version that this client speaks")
        return self._version

    async def command(
        self,
        command: Command,
        request: Document[Asked],
        response: Document[Told],
        value: Asked,
        *,
        held: float = 0.0,
        empty: bool = False,
    ) -> Told:
        """The typed answer to a typed request. `empty` sends no body at all; `held` is how long the server may wait.

        Raises ClientError of the kinds in `easd.client.errors`; ProtocolViolation for an answer that is empty or
        cannot be read.
        """
        told = await self.command_or_nothing(command, request, response, value, held=held, empty=empty)
        if told is None:
            raise ProtocolViolation(f"{command.wire_name}: an empty answer")
        return told

    async def command_or_nothing(
        self,
        command: Command,
        request: Document[Asked],
        response: Document[Told],
        value: Asked,
        *,
        held: float = 0.0,
        empty: bool = False,
    ) -> Told | None:
        """The same where an empty body is an answer too: None."""
        version = await self.version()
        body = b"" if empty else request.encode(value, version)
        reply = await self.ask(Call(command, body, held=held))
        return None if reply.root is None else read(response, reply.root, version)

    async def ask(self, call: Call) -> Reply:
        """The decoded answer to a call, after provisioning where the server insists on it."""
        response = await self._post(call)
        reply = None if response.status_code == PROVISION_FIRST else _reply(call, response)
        if reply is not None and not _wants_provisioning(reply):
            return reply
        if reply is not None and _status(reply) == CommonStatus.REMOTE_WIPE_REQUESTED:
            await self.ask_for_orders()
        await self.provision()
        response = await self._post(call)
        if response.status_code == PROVISION_FIRST:
            raise ProtocolViolation(f"{call.command.wire_name}: HTTP 449 after a complete Provision")
        reply = _reply(call, response)
        if _wants_provisioning(reply):
            raise StatusFailure(call.command.wire_name, _status(reply) or 0, CommonStatus)
        return reply

    async def download(self, call: Call) -> bytes:
        """The body of an answer that is no document (GetAttachment), after provisioning where the server insists."""
        response = await self._post(call)
        if response.status_code == PROVISION_FIRST:
            await self.provision()
            response = await self._post(call)
        if response.status_code == PROVISION_FIRST:
            raise ProtocolViolation(f"{call.command.wire_name}: HTTP 449 after a complete Provision")
        return response.content

    async def provision(self) -> PolicyDocument | None:
        """Get the policy and acknowledge it (MS-ASPROV 3.1.5.1); None where there is no policy for this device.

        Raises WipeRequested where the server orders that instead, StatusFailure where it refuses.
        """
        version = await self.version()
        kind = DIALECTS[version].policy_type
        self.policy_key = 0
        information = DeviceInformationSet(self.information)
        first = ProvisionRequest(
            information if DIALECTS[version].device_information_in_provision else None, (PolicyAsked(kind),)
        )
        offered = await self._policy(first)
        if offered is None or offered.key is None:
            return None
        self.policy_key = int(offered.key)
        acknowledged = PolicyAsked(kind, offered.key, PolicyAcknowledgement.APPLIED)
        final = await self._policy(ProvisionRequest(policies=(acknowledged,)))
        if final is None or final.key is None:
            raise ProtocolViolation("Provision: the acknowledgement was answered without a policy key")
        self.policy_key = int(final.key)
        self.policy = offered.data if isinstance(offered.data, PolicyDocument) else None
        return self.policy

    async def ask_for_orders(self) -> None:
        """An empty Provision, as a device sends it that hears of a wipe (MS-ASPROV R622). Raises WipeRequested where
        the server orders one.
        """
        _obey(await self._provision(ProvisionRequest()))

    async def acknowledge_wipe(self, *, account_only: bool = False, status: WipeStatus = WipeStatus.DONE) -> None:
        """Tell the server that the device has wiped itself, or could not: then the server repeats the order, under a
        status of 2 (R665), which raises WipeRequested.
        """
        done = WipeAcknowledged(status)
        request = (
            ProvisionRequest(account_only_remote_wipe=done) if account_only else ProvisionRequest(remote_wipe=done)
        )
        told = await self._told(request)
        _obey(told)
        _succeed("Provision", told.status, ProvisionStatus)

    async def _policy(self, request: ProvisionRequest) -> PolicyGiven | None:
        told = await self._provision(request)
        _obey(told)
        if not told.policies:
            raise ProtocolViolation("Provision: an answer without a policy")
        given = told.policies[0]
        if given.status == PolicyStatus.NO_POLICY:
            return None
        _succeed("Provision (policy)", given.status, PolicyStatus)
        return given

    async def _provision(self, request: ProvisionRequest) -> ProvisionResponse:
        told = await self._told(request)
        _succeed("Provision", told.status, ProvisionStatus)
        return told

    async def _told(self, request: ProvisionRequest) -> ProvisionResponse:
        version = await self.version()
        call = Call(Command.PROVISION, PROVISION_REQUEST.encode(request, version))
        response = await self._post(call)
        if response.status_code == PROVISION_FIRST:
            raise ProtocolViolation("Provision: answered with HTTP 449")
        reply = _reply(call, response)
        if reply.root is None:
            raise ProtocolViolation("Provision: an empty answer")
        return read(PROVISION_RESPONSE, reply.root, version)

    async def _post(self, call: Call) -> httpx.Response:
        return await self.transport.post(call, await self.version(), self.policy_key)


def read(document: Document[Told], root: Element, version: Version) -> Told:
    """The typed value of an answer; ProtocolViolation if the tables do not allow it."""
    try:
        return document.load(root, version)
    except Malformed as fault:
        raise ProtocolViolation(f"an answer that the protocol does not allow: {fault}") from fault


def _reply(call: Call, response: httpx.Response) -> Reply:
    body = response.content
    if not body:
        return Reply(None)
    name = call.command.wire_name
    try:
        if response.headers.get("Content-Type", "").startswith(MULTIPART_TYPE):
            parts = tuple(unpack(body))
            return Reply(decode(parts[0]), parts)
        return Reply(decode(body))
    except (WbxmlError, MultipartError, IndexError) as error:
        raise ProtocolViolation(f"{name}: an answer that cannot be decoded: {error}") from error


def _status(reply: Reply) -> int | None:
    """The number in the Status at the top of an answer, whichever command it answers."""
    if reply.root is None:
        return None
    name = reply.root.name.partition(":")[0] + ":Status"
    for child in reply.root.children:
        if child.name == name and child.text.isdecimal():
            return int(child.text)
    return None


def _obey(told: ProvisionResponse) -> None:
    """WipeRequested where an answer orders a wipe."""
    if told.remote_wipe or told.account_only_remote_wipe:
        raise WipeRequested(account_only=not told.remote_wipe)


def _wants_provisioning(reply: Reply) -> bool:
    return _status(reply) in _PROVISION_AGAIN


def _succeed(command: str, status: int, statuses: type[StatusCode]) -> None:
    if status != 1:
        raise StatusFailure(command, status, statuses)
