"""One client that brings mail: the commands of SMTP and LMTP (RFC 5321, RFC 2033), on top of aiosmtpd's.

aiosmtpd reads lines and holds the dialogue of AUTH. What decides about mail is here, and so are the envelope with its
extensions, the content and STARTTLS: with aiosmtpd's own there is no empty reverse-path, no DSN, the content takes
memory without a common bound, and private parts of asyncio are used.
"""

import asyncio
import contextlib
import logging
import re
import ssl
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

import structlog
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, auth_mechanism, syntax

from easd.mime.trace import Passage, received, without_forged
from easd.model.account import User
from easd.model.outgoing import Envelope, Recipient
from easd.model.verdict import Verdict
from easd.service.incoming.recipients import admitted
from easd.service.incoming.refusing import Refusal, Refused
from easd.service.incoming.submitting import Submitted, addressed, may_send_as, submit
from easd.service.incoming.taking import Arriving, take
from easd.smtp import parameters, signing_in
from easd.smtp.content import read_content
from easd.smtp.desk import Desk, Stranger, Way

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd's: it writes down addresses and commands

_log = structlog.get_logger("easd.smtp")
_LINE_MAX: Final = 64 * 1024
_COMMAND_MAX: Final = 4096
_AUTH_MAX: Final = 24 * 1024
_CODE: Final = re.compile(r"(\d{3}) (?!\d\.\d)")
_ENHANCED: Final = {
    "250": "2.0.0",
    "252": "2.5.0",
    "221": "2.0.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
}
"""For the replies of aiosmtpd that have no enhanced status code (RFC 2034)."""

_LATER: Final = Refusal(451, "4.3.0", "not now; try again later")
_OK: Final = "250 2.0.0 ok"
_FAREWELL_SECONDS: Final = 1.0


class _Lengths(dict[str, int]):
    """Bytes of a command line: those with a token of OAuth are long."""

    def __missing__(self, command: str) -> int:
        return _AUTH_MAX if command == "AUTH" else _COMMAND_MAX


class Client(SMTP):
    """A connection. `desk` serves it, `way` is the door by which it came."""

    line_length_limit = _LINE_MAX
    command_size_limit = _COMMAND_MAX
    command_size_limits = _Lengths()

    def __init__(self, desk: Desk, way: Way, tls: ssl.SSLContext | None) -> None:
        self.desk, self.way = desk, way
        self.gone: Callable[[], None] = lambda: None
        self._address = ""
        self._refused = False
        self._greeting = self._secured = False
        self._errors = self._messages = 0
        self._user: User | None = None
        self._mail: parameters.Mail | None = None
        self._recipients: list[Recipient] = []
        super().__init__(
            handler=None,
            data_size_limit=desk.bounds.message_bytes,
            enable_SMTPUTF8=True,
            hostname=desk.host,
            ident="ESMTP" if way is not Way.LMTP else "LMTP",
            tls_context=None if way is Way.SUBMISSIONS else tls,
            timeout=desk.bounds.command_seconds,
            auth_require_tls=False,
            authenticator=_collected,
            loop=asyncio.get_running_loop(),
        )

    # ------------------------------------------------------------ the connection

    @property
    def _encrypted(self) -> bool:
        return self.way is Way.SUBMISSIONS or self._secured

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come, and may find that there are too many already."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) and peer else "unknown"
        if self.desk.crowd.enter(address):
            self._address = address
            super().connection_made(transport)
            return
        self._refused = True
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"421 4.7.0 too many connections, try again later\r\n")
        transport.close()

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._refused else super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self.gone()
        if not self._refused:
            self.desk.crowd.leave(self._address)
            super().connection_lost(error)

    async def handle_exception(self, error: Exception) -> str:
        """What is wrong here is nobody's business elsewhere."""
        if not isinstance(error, self.desk.busy):
            _log.error("mail_failed", address=self._address, exc_info=error)
        return str(_LATER)

    async def push(self, status: str | bytes) -> None:
        """A reply, with an enhanced status code; after too many errors it is the last one."""
        text = status.decode("utf-8", "replace") if isinstance(status, bytes) else status
        found = _CODE.match(text)
        if found and found[1] in _ENHANCED and not self._greeting:
            text = f"{found[1]} {_ENHANCED[found[1]]} {text[4:]}"
        self._errors += text[:1] in ("4", "5")
        await super().push(text)
        if self._errors > self.desk.bounds.errors:
            await self._part("421 4.7.0 too many errors")

    async def shut(self) -> None:
        """Tell the client that the server stops, and wait for the end of what is being done for it."""
        with contextlib.suppress(OSError):
            await self._part("421 4.3.2 the server stops, come back later")
        if self._handler_coroutine is not None:
            _, silent = await asyncio.wait([self._handler_coroutine], timeout=_FAREWELL_SECONDS)
            if silent:  # TLS waits for the other side to say goodbye, too
                self._writer.transport.abort()
                await asyncio.wait(silent)

    async def _part(self, reply: str) -> None:
        self._errors = 0
        await super().push(reply)
        if self.transport is not None:
            self.transport.close()

    # ------------------------------------------------------------ greeting

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:
        await self._greet(hostname, extended=True)

    @syntax("HELO hostname")
    async def smtp_HELO(self, hostname: str) -> None:
        await self._greet(hostname, extended=False)

    async def _greet(self, name: str | None, *, extended: bool) -> None:
        if not name:
            await self.push("501 syntax: the name of the client is missing")
            return
        assert self.session is not None
        self._set_rset_state()  # type: ignore[no-untyped-call]
        self.session.host_name, self.session.extended_smtp = name[:255], extended
        lines = [self.hostname, *(self._extensions() if extended else ())]
        self._greeting = True
        try:
            for number, line in enumerate(lines, 1):
                await self.push(f"250{' ' if number == len(lines) else '-'}{line}")
        finally:
            self._greeting = False

    def _extensions(self) -> list[str]:
        found = [f"SIZE {self.desk.bounds.message_bytes}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        found += ["ENHANCEDSTATUSCODES", "DSN"]
        if self.tls_context is not None and not self._encrypted:
            found.append("STARTTLS")
        if self.way.signed and self._encrypted:
            found.append("AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER")
        return found

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg: str) -> None:
        """What a client has sent in the clear after this command never counts (RFC 3207 section 4.2)."""
        if arg or self.tls_context is None or self._encrypted:
            await self.push("503 5.5.1 no STARTTLS now")
            return
        await self.push("220 2.0.0 go ahead")
        assert self.session is not None
        self._reader._buffer.clear()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way to it
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            await self._writer.start_tls(self.tls_context, ssl_handshake_timeout=self.desk.bounds.command_seconds)
            peer, self.session = self.session.peer, self._create_session()
            self.session.peer, self.session.ssl = peer, {}
            self.transport = self._writer.transport
            self._secured = True
            self._user = None
            self._set_rset_state()  # type: ignore[no-untyped-call]
            return
        if self.transport is not None:
            self.transport.close()

    # ------------------------------------------------------------ signing in

    @syntax("AUTH <mechanism>")
    async def smtp_AUTH(self, arg: str) -> None:
        if not self.way.signed:
            await self.push("502 5.5.1 nobody signs in here")
        elif not self._encrypted:
            await self.push("538 5.7.11 TLS comes first")
        elif self._mail is not None:
            await self.push("503 5.5.1 no AUTH inside of a transaction")
        else:
            name, _, rest = (arg or "").partition(" ")
            await super().smtp_AUTH(f"{name.upper()} {rest}".strip())

    async def auth_PLAIN(self, _: Any, args: list[str]) -> AuthResult:
        return await self._signed_in(await super().auth_PLAIN(_, args))

    async def auth_LOGIN(self, _: Any, args: list[str]) -> AuthResult:
        return await self._signed_in(await super().auth_LOGIN(_, args))

    @auth_mechanism("XOAUTH2")
    async def auth_xoauth2(self, _: Any, args: list[str]) -> AuthResult:
        return await self._by_token(args)

    @auth_mechanism("OAUTHBEARER")
    async def auth_oauthbearer(self, _: Any, args: list[str]) -> AuthResult:
        return await self._by_token(args)

    async def _by_token(self, args: list[str]) -> AuthResult:
        said = await self.challenge_auth("") if len(args) == 1 else signing_in.decoded(args[1])
        if not isinstance(said, bytes):
            return AuthResult(success=False, handled=len(args) == 1, message="501 5.5.2 that is not base64")
        return await self._admitted(signing_in.bearer(said))

    async def _signed_in(self, collected: AuthResult) -> AuthResult:
        if not collected.success:
            return collected
        assert isinstance(collected.auth_data, LoginPassword)
        return await self._admitted(signing_in.basic(*collected.auth_data))

    async def _admitted(self, header: str) -> AuthResult:
        try:
            self._user = await self.desk.sign_in(header, self._address)
        except Refused as refused:
            return AuthResult(success=False, handled=False, message=str(refused))
        return AuthResult(success=True, auth_data=self._user)

    # ------------------------------------------------------------ envelope

    def _set_post_data_state(self) -> None:
        super()._set_post_data_state()  # type: ignore[no-untyped-call]
        self._mail, self._recipients = None, []

    @syntax("MAIL FROM:<address>")
    async def smtp_MAIL(self, arg: str | None) -> None:
        await self._answered(self._begin(arg))

    @syntax("RCPT TO:<address>")
    async def smtp_RCPT(self, arg: str | None) -> None:
        await self._answered(self._add(arg))

    async def _answered(self, doing: Coroutine[None, None, str]) -> None:
        """The reply that the coroutine gives, or the one for what goes wrong in it."""
        try:
            reply = await doing
        except Refused as refused:
            reply = str(refused)
        except self.desk.busy:
            reply = str(_LATER)
        await self.push(reply)

    async def _begin(self, arg: str | None) -> str:
        assert self.session is not None
        if not self.session.host_name:
            raise Refused(503, "5.5.1", "who is there? Say hello first")
        if self.way.signed and self._user is None:
            raise Refused(530, "5.7.0", "sign in first")
        if self._mail is not None:
            raise Refused(503, "5.5.1", "there is a transaction already")
        if self._messages >= self.desk.bounds.messages:
            raise Refused(421, "4.7.0", "too many messages on one connection")
        said = parameters.mail(arg)
        if said.size > self.desk.bounds.message_bytes:
            raise Refused(552, "5.3.4", f"a message has at most {self.desk.bounds.message_bytes} bytes here")
        if self._user is not None:
            await self.desk.run(partial(may_send_as, self.desk.services, self._user, said.sender))
        self._mail = said
        return "250 2.1.0 ok"

    async def _add(self, arg: str | None) -> str:
        if self._mail is None:
            raise Refused(503, "5.5.1", "MAIL comes first")
        if len(self._recipients) >= self.desk.bounds.recipients:
            raise Refused(452, "4.5.3", f"a message has at most {self.desk.bounds.recipients} recipients here")
        said = parameters.rcpt(arg, utf8=self._mail.utf8)
        address = await self._found(said.address)
        original = said.original or ("" if address == said.address else f"rfc822;{said.address}")
        self._recipients.append(Recipient(address, said.notify, original))
        return "250 2.1.5 ok"

    async def _found(self, address: str) -> str:
        services, mail = self.desk.services, self._mail
        assert mail is not None
        if "@" not in address:
            address = f"{address}@{self.desk.home}"
        if self._user is not None:
            return await self.desk.run(partial(addressed, services, address))
        return await self.desk.run(partial(admitted, services, address, mail.size))

    # ------------------------------------------------------------ content

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        if self._mail is None or not self._recipients or arg:
            await self.push("503 5.5.1 there are no recipients" if not arg else "501 5.5.4 DATA has no arguments")
            return
        await self.push("354 go ahead, and end with a line of one dot")
        with self.desk.room.taken() as share:
            try:
                self._reset_timeout(self.desk.bounds.content_seconds)
                raw = await read_content(self._reader, share, self.desk.bounds.message_bytes)
                self._reset_timeout()
                answers = await self._stored(raw)
            except Refused as refused:
                answers = [refused.refusal] * len(self._recipients)
            except self.desk.busy:
                answers = [_LATER] * len(self._recipients)
        self._messages += 1
        addresses = [one.address for one in self._recipients]
        self._set_post_data_state()
        await self._tell(addresses, answers)

    async def _tell(self, addresses: Sequence[str], answers: Sequence[Refusal | None]) -> None:
        """One answer for all; with LMTP one for each recipient, in their order (RFC 2033 section 4.2)."""
        if self.way is not Way.LMTP:
            refused = answers[0] if None not in answers else None
            await self.push(_OK if refused is None else str(refused))
            return
        for address, answer in zip(addresses, answers, strict=True):
            await self.push(f"250 2.1.5 <{address}> ok" if answer is None else str(answer))

    async def _stored(self, raw: bytes) -> Sequence[Refusal | None]:
        assert self._mail is not None
        if self._user is not None:
            return await self._submitted(self._user, raw)
        verdict = await self._verdict(raw)
        envelope = Envelope(self._mail.sender, tuple(self._recipients), ret=self._mail.ret, envid=self._mail.envid)
        raw = without_forged(raw, self.desk.host)
        trace = self._trace() + verdict.header
        arriving = Arriving(envelope, raw, trace, verdict, split=self.way is Way.LMTP)
        answers = await self.desk.run(partial(take, self.desk.services, arriving))
        refused = [str(answer) for answer in answers if answer is not None]
        _log.info("mail_received", address=self._address, size=len(raw), recipients=len(answers), refused=refused[:5])
        return answers

    async def _verdict(self, raw: bytes) -> Verdict:
        assert self._mail is not None and self.session is not None  # noqa: PT018 - both are there once MAIL was taken
        if self.way is Way.LMTP:
            return Verdict()
        return await self.desk.verify(Stranger(self._address, str(self.session.host_name), self._mail.sender), raw)

    async def _submitted(self, user: User, raw: bytes) -> Sequence[Refusal | None]:
        assert self._mail is not None
        envelope = Envelope(
            self._mail.sender, tuple(self._recipients), ours=True, ret=self._mail.ret, envid=self._mail.envid
        )
        await self.desk.run(partial(submit, self.desk.services, user, Submitted(envelope, raw, self._trace())))
        _log.info("mail_submitted", address=self._address, size=len(raw), user=user.address)
        return [None] * len(self._recipients)

    def _trace(self) -> bytes:
        assert self.session is not None
        protocol = "LMTP" if self.way is Way.LMTP else "ESMTP" if self.session.extended_smtp else "SMTP"
        if protocol != "SMTP":
            protocol += "S" * self._encrypted + "A" * (self._user is not None)
        if self._mail is not None and self._mail.utf8:
            protocol = protocol.replace("ESMTP", "UTF8SMTP").replace("LMTP", "UTF8LMTP")
        services, host = self.desk.services, str(self.session.host_name)
        number, signed = f"{services.number(64):016x}", self._user is not None
        passage = Passage(host, self._address, protocol, self.desk.host, number, signed_in=signed)
        recipient = self._recipients[0].address if len(self._recipients) == 1 else ""
        return received(passage, services.clock(), recipient)


class LocalClient(Client):
    """A mail server beside this one, which says LHLO."""

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, hostname: str) -> None:
        await self._greet(hostname, extended=True)

    @syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:
        await self.push("500 5.5.1 this is LMTP: say LHLO")

    @syntax("HELO hostname")
    async def smtp_HELO(self, hostname: str) -> None:
        await self.push("500 5.5.1 this is LMTP: say LHLO")


def _collected(_server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> AuthResult:
    """What the client has said is checked later, without blocking."""
    return AuthResult(success=True, auth_data=data)
