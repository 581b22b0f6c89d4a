"""The server's own certificate, taken anew when its files change: connections that exist stay as they are."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

_EVERY_SECONDS = 10.0
_log = structlog.get_logger("easd.http")


def _rest() -> Awaitable[object]:
    return asyncio.sleep(_EVERY_SECONDS)


class Renewal:
    """Watches the files of a context's certificate and key."""

    def __init__(self, context: ssl.SSLContext, certificate: str, key: str) -> None:
        self._context = context
        self._files = (certificate, key)
        self._loaded = self._refused = self._stamps()

    def look(self) -> bool:
        """Take the files if they have changed; whether that was done. Files that do not fit together are left, and
        looked at again when they change once more: those who write them do so one after the other.
        """
        stamps = self._stamps()
        if stamps in (self._loaded, self._refused):
            return False
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*self._files)
            self._context.load_cert_chain(*self._files)
        except OSError as error:
            self._refused = stamps
            _log.warning("certificate_refused", files=self._files, reason=error.strerror or str(error))
            return False
        self._loaded = self._refused = stamps
        _log.info("certificate_renewed", files=self._files)
        return True

    async def watch(self, pause: Callable[[], Awaitable[object]] = _rest) -> None:
        """Look after each pause, until cancelled."""
        while True:
            await pause()
            self.look()

    def _stamps(self) -> tuple[object, ...]:
        return tuple(_stamp(Path(file)) for file in self._files)


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
