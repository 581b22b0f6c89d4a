"""OAuth 2 bearer tokens (RFC 6750): JWTs of one issuer for one audience (RFC 7519, RFC 8725).

Which keys count is said by the issuer's key set alone, never by the token: `jku`, `jwk` and `x5u` in its head are not
looked at. Which algorithms count is said by the settings, and all of them are asymmetric: a public key is nobody's
secret.
"""

import json
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import jwt

from easd.config import OAuth

TOKEN_MAX: Final = 16 * 1024
_KEYS_MAX: Final = 256 * 1024
_FETCH_SECONDS: Final = 5.0
_FRESH_SECONDS: Final = 3600.0
_REST_SECONDS: Final = 30.0
"""Time between two fetches for the sake of keys that nobody knows: strangers can ask for those."""

Fetch = Callable[[str], bytes]


class TokenRefused(Exception):
    """A token that does not count; the text says why, without repeating any of it. `outdated`: it did until now."""

    def __init__(self, reason: str, *, outdated: bool = False) -> None:
        super().__init__(reason)
        self.outdated = outdated


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token stands for, as the directory knows people, and for how many seconds it still counts."""

    login: str
    lasts: float


def fetch(source: str) -> bytes:
    """A key set from the web or a file. OSError or httpx.HTTPError if it cannot be had."""
    if not source.startswith("https://"):
        return Path(source).read_bytes()
    answer = httpx.get(source, timeout=_FETCH_SECONDS)
    answer.raise_for_status()
    return answer.content


class Keys:
    """The issuer's keys, kept for an hour, and fetched anew when a token names one that is not among them."""

    def __init__(self, source: str, fetch: Fetch = fetch, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is monotonic, in seconds."""
        self._source = source
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = -math.inf

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key of that id; without an id the only one there is."""
        with self._lock:
            age = self._clock() - self._fetched
            if age >= _FRESH_SECONDS or (age >= _REST_SECONDS and self._known(key_id) is None):
                self._fetched = self._clock()
                self._load()
            return self._known(key_id)

    def _known(self, key_id: str) -> jwt.PyJWK | None:
        if key_id:
            return self._keys.get(key_id)
        return next(iter(self._keys.values())) if len(self._keys) == 1 else None

    def _load(self) -> None:
        """Where the set cannot be had, the keys that are known go on counting."""
        try:
            found = json.loads(self._fetch(self._source)[:_KEYS_MAX])
            listed = jwt.PyJWKSet.from_dict(found).keys
        except (OSError, httpx.HTTPError, ValueError, AttributeError, jwt.PyJWTError):
            return
        self._keys = {
            key.key_id or str(number): key
            for number, key in enumerate(listed)
            if key.public_key_use in (None, "sig") and key.key_type in ("RSA", "EC", "OKP")
        }


class Tokens:
    """Tokens of the issuer that the settings name."""

    def __init__(self, settings: OAuth, keys: Keys | None = None) -> None:
        self._settings = settings
        self._keys = keys or Keys(settings.jwks)

    def read(self, token: str) -> Bearer:
        """Verify a token. TokenRefused; may wait for the key set: for a worker thread."""
        if len(token) > TOKEN_MAX:
            raise TokenRefused("the token is too long")
        try:
            head = jwt.get_unverified_header(token)
            claims = jwt.decode(token, self._key(head), algorithms=[head["alg"]], **self._demands())
        except jwt.PyJWTError as error:
            outdated = isinstance(error, jwt.ExpiredSignatureError)
            raise TokenRefused(type(error).__name__, outdated=outdated) from None
        return Bearer(self._login(claims), claims["exp"] + self._settings.clock_skew_seconds - time.time())

    def _key(self, head: dict[str, Any]) -> jwt.PyJWK:
        algorithm, key_id = head.get("alg"), head.get("kid", "")
        if algorithm not in self._settings.algorithms:
            raise TokenRefused("the algorithm is not one of the settings")
        if "crit" in head:
            raise TokenRefused("the token asks for extensions")
        key = self._keys.find(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise TokenRefused("the key is none of the issuer's")
        if key.algorithm_name != algorithm:
            raise TokenRefused("the key is for another algorithm")
        return key

    def _demands(self) -> dict[str, Any]:
        return {
            "issuer": self._settings.issuer,
            "audience": self._settings.audience,
            "leeway": self._settings.clock_skew_seconds,
            "options": {"require": ["exp", "iss", "aud"]},
        }

    def _login(self, claims: dict[str, Any]) -> str:
        login = claims.get(self._settings.login_claim)
        if not isinstance(login, str) or "@" not in login:
            raise TokenRefused("the token names no mail address")
        if self._settings.login_claim == "email" and claims.get("email_verified") is False:
            raise TokenRefused("the mail address is not verified")
        return login
