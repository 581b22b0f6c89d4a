"""What can go wrong between a device and its server, as types."""

from easd.eas.status import CommonStatus, StatusCode


class ClientError(Exception):
    """Anything that keeps the device from what it was asked to do."""


class Unreachable(ClientError):
    """No answer: the connection failed, broke or timed out."""


class HttpFailure(ClientError):
    """An answer with an HTTP status that is no success. `retry_after` in seconds, where the server names it."""

    def __init__(self, command: str, code: int, reason: str = "", retry_after: str | None = None) -> None:
        super().__init__(f"{command}: HTTP {code}{f', {reason}' if reason else ''}")
        self.command = command
        self.code = code
        self.retry_after = int(retry_after) if retry_after and retry_after.isdecimal() else None


class AuthenticationFailed(HttpFailure):
    """The server does not know this user and password (HTTP 401)."""


class StatusFailure(ClientError):
    """A status in the answer that says why the command failed. `status` is a plain number where nobody defines it."""

    def __init__(self, command: str, status: int, statuses: type[StatusCode]) -> None:
        self.command = command
        self.status = named(status, statuses)
        words = self.status.meaning if isinstance(self.status, StatusCode) else "which is not a known status"
        super().__init__(f"{command}: status {int(status)}, {words}")


class WipeRequested(ClientError):
    """The server orders a wipe (MS-ASPROV RemoteWipe); `account_only` for AccountOnlyRemoteWipe."""

    def __init__(self, *, account_only: bool) -> None:
        super().__init__("the server orders to wipe " + ("the account" if account_only else "the device"))
        self.account_only = account_only


class ProtocolViolation(ClientError):
    """The server did what no server may do: the text says what, with ids and keys."""


def named(status: int, statuses: type[StatusCode]) -> StatusCode | int:
    """The status with its meaning: of the command, else a common one, else the number."""
    for known in (statuses, CommonStatus):
        if status in known.__members__.values():
            return known(status)
    return status
