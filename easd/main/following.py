"""The directory elsewhere, beside a server: looked at now and then, in a thread of its own."""

from collections.abc import Sequence
from functools import partial

import structlog

from easd.admin.ldap import Elsewhere, manner
from easd.config import Settings
from easd.directory.ldap import LdapUnavailable, Stopped
from easd.http.app import Background
from easd.http.workers import Workers
from easd.main.background import repeat
from easd.service.ports import Unavailable

_log = structlog.get_logger("easd.ldap")


class Watch:
    """Looks at a directory, if there is one, until it is closed."""

    def __init__(self, settings: Settings, there: Elsewhere | None) -> None:
        self._settings = settings
        self._there = there
        self._workers = Workers("easd-ldap", 1, 1) if there is not None and settings.ldap.sync_minutes else None

    def tasks(self) -> Sequence[Background]:
        """What is to run beside the server."""
        if self._there is None or self._workers is None:
            return ()
        look = partial(_look, self._settings, self._there)
        return (partial(repeat, "ldap_sync", self._settings.ldap.sync_minutes * 60, look, self._workers),)

    def close(self) -> None:
        """A look that is under way ends with the account that it is at."""
        if self._there is not None:
            self._there.close()
        if self._workers is not None:
            self._workers.close()


def _look(settings: Settings, there: Elsewhere) -> None:
    try:
        report = there.synchronising.run(manner(settings.ldap))
    except Stopped as stopped:
        _log.warning("ldap_sync_stopped", cause=str(stopped))
    except LdapUnavailable as error:
        _log.warning("ldap_sync_failed", cause=str(error))
    except Unavailable as error:
        _log.warning("ldap_sync_put_off", cause=str(error))
    else:
        if report.moved:
            _log.info("ldap_synchronised", **report.counts())
        for remark in report.remarks:
            _log.warning("ldap_left_out", cause=remark)
