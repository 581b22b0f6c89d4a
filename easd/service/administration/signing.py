"""Keys with which mail is signed."""

from easd.model.dkim import DkimKey
from easd.service.administration.log import Log
from easd.service.administration.means import Means


class Signing:
    """The DKIM keys of domains."""

    def __init__(self, means: Means, log: Log) -> None:
        self._means = means
        self._log = log

    def add(self, key: DkimKey) -> None:
        """Sign with one more. NotFound: the domain is not here. NameNotAvailable: it has one under that selector."""
        told = {"selector": key.selector, "algorithm": key.algorithm}
        with self._log.change("CreateDkimKey", self._whose(key.domain), key.domain, **told):
            self._means.signing.add(key)

    def remove(self, domain: str, selector: str) -> None:
        """Sign with it no more. NotFound."""
        with self._log.change("DeleteDkimKey", self._whose(domain), domain, selector=selector):
            self._means.signing.remove(domain, selector)

    def _whose(self, domain: str) -> int | None:
        return dict(self._means.accounts.domains()).get(domain)
