"""Bearer tokens: those of the issuer count, and none that anybody else could have made (RFC 8725)."""

import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from easd.config import ConfigError, OAuth, load
from easd.http.tokens import Keys, TokenRefused, Tokens
from easd.main.composition import Application
from tests.support.server import PASSWORD, demo_users, in_process_app, office, prepared

ISSUER, AUDIENCE = "https://login.example.test", "easd"
RSA = rsa.generate_private_key(65537, 2048)
FAR = 4_000_000_000
"""A moment in the year 2096."""
OTHER = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())


def key_set(**keys: Any) -> str:
    """The issuer's public keys."""
    listed = []
    for key_id, key in keys.items():
        algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
        listed.append({**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig"})
    return json.dumps({"keys": listed})


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The file with the key set."""
    path = tmp_path / "keys.json"
    path.write_text(key_set(one=RSA, two=CURVE))
    return path


def settings(keys: Path, **fields: Any) -> OAuth:
    values = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": str(keys), "algorithms": ("RS256", "ES256"), **fields}
    return OAuth(**values)


def claims(**others: Any) -> dict[str, Any]:
    """What a good token says; None takes a claim out."""
    now = int(time.time())
    made = {"iss": ISSUER, "aud": AUDIENCE, "exp": now + 600, "nbf": now, "email": "Alice@example.test", **others}
    return {name: value for name, value in made.items() if value is not None}


def token(key: Any = RSA, algorithm: str = "RS256", key_id: str | None = "one", **others: Any) -> str:
    head = {"kid": key_id} if key_id else {}
    return jwt.encode(claims(**others), key, algorithm, head)


def forged(head: dict[str, Any], body: dict[str, Any], signature: bytes = b"") -> str:
    """A token of these parts, whatever signs it."""
    parts = [json.dumps(head).encode(), json.dumps(body).encode(), signature]
    return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


# ---------------------------------------------------------------- reading


def test_a_token_of_the_issuer_names_its_user_and_lasts_until_it_expires(keys: Path) -> None:
    for made in (token(), token(CURVE, "ES256", "two")):
        bearer = Tokens(settings(keys)).read(made)
        assert bearer.login == "Alice@example.test"
        assert 600 < bearer.lasts <= 661


def test_an_audience_may_be_one_of_several_and_the_claim_of_the_login_another(keys: Path) -> None:
    made = token(aud=["other", AUDIENCE], upn="bob@example.test")
    assert Tokens(settings(keys, login_claim="upn")).read(made).login == "bob@example.test"


@pytest.mark.parametrize(
    "others",
    [
        {"iss": "https://evil.test"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": FAR},
        {"iat": FAR},
        {"email": None},
        {"email": "alice"},
        {"email": ["alice@example.test"]},
        {"email_verified": False},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_not_there_is_refused(keys: Path, others: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        Tokens(settings(keys)).read(token(**others))


def test_a_clock_may_be_off_by_a_minute_and_no_more(keys: Path) -> None:
    now = int(time.time())
    tokens = Tokens(settings(keys))
    assert tokens.read(token(exp=now - 50, nbf=now + 50)).lasts > 0
    with pytest.raises(TokenRefused) as caught:
        tokens.read(token(exp=now - 70))
    assert caught.value.outdated
    with pytest.raises(TokenRefused):
        tokens.read(token(nbf=now + 70))


PUBLIC = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _hmac_with_the_public_key() -> str:
    """The confusion of keys: what everybody may know, taken for a secret."""
    import hashlib
    import hmac

    unsigned = forged({"alg": "HS256", "kid": "one"}, claims()).rstrip(".")
    signature = hmac.new(PUBLIC, unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def _with_a_key_of_its_own() -> str:
    own = jwt.algorithms.RSAAlgorithm.to_jwk(OTHER.public_key(), as_dict=True)
    head = {"kid": "one", "jwk": own, "jku": "https://evil.test/keys", "x5u": "https://evil.test/x"}
    return jwt.encode(claims(), OTHER, "RS256", head)


FORGED = {
    "no signature": forged({"alg": "none", "kid": "one"}, claims()),
    "no signature, in capitals": forged({"alg": "NONE", "kid": "one"}, claims()),
    "no algorithm": forged({"kid": "one"}, claims()),
    "algorithm of another type": forged({"alg": ["RS256"], "kid": "one"}, claims()),
    "hmac with the public key": _hmac_with_the_public_key(),
    "a key of its own": _with_a_key_of_its_own(),
    "somebody else's key": token(OTHER),
    "a key that nobody knows": token(OTHER, key_id="three"),
    "no key id": token(key_id=None),
    "key id of another type": forged({"alg": "RS256", "kid": 1}, claims()),
    "an algorithm that is not allowed": token(algorithm="RS512"),
    "another family of the same key": token(algorithm="PS256"),
    "the other key's algorithm": token(CURVE, "ES256", "one"),
    "an extension": jwt.encode(claims(), RSA, "RS256", {"kid": "one", "crit": ["exp"]}),
    "an empty signature": token().rpartition(".")[0] + ".",
    "no token": "x",
    "two parts": "a.b",
    "five parts": "a.b.c.d.e",
    "no base64": "!.!.!",
    "not JSON": "eA.eA.eA",
    "long": "a" * 20_000,
    "not ASCII": "ü.ü.ü",
}


@pytest.mark.parametrize("name", FORGED)
def test_what_the_issuer_has_not_signed_is_refused(keys: Path, name: str) -> None:
    allowed = ("RS256", "ES256", "PS256") if "family" in name else ("RS256", "ES256")
    with pytest.raises(TokenRefused) as caught:
        Tokens(settings(keys, algorithms=allowed)).read(FORGED[name])
    assert not caught.value.outdated


def test_a_body_under_another_signature_is_refused(keys: Path) -> None:
    head, body, _ = token(email="bob@example.test").split(".")
    signature = token().split(".")[2]
    with pytest.raises(TokenRefused):
        Tokens(settings(keys)).read(f"{head}.{body}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "rs256"])
def test_the_settings_allow_asymmetric_algorithms_alone(algorithm: str) -> None:
    environ = {"EASD_OAUTH_ISSUER": ISSUER, "EASD_OAUTH_AUDIENCE": AUDIENCE, "EASD_OAUTH_JWKS": "/keys"}
    with pytest.raises(ConfigError, match=algorithm):
        load(None, {**environ, "EASD_OAUTH_ALGORITHMS": f"RS256,{algorithm}"})
    with pytest.raises(ConfigError, match="without TLS"):
        load(None, {**environ, "EASD_OAUTH_JWKS": "http://login.example.test/keys"})


# ---------------------------------------------------------------- the key set


class Issuer:
    """A key set that changes, and a clock; `asked` counts."""

    def __init__(self) -> None:
        self.now, self.asked, self.content = 1000.0, 0, key_set(one=RSA)

    def fetch(self, _source: str) -> bytes:
        self.asked += 1
        if not self.content:
            raise OSError("away")
        return self.content.encode()

    def keys(self) -> Keys:
        return Keys("", self.fetch, lambda: self.now)


def test_keys_are_fetched_once_an_hour() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    assert keys.find("one") is not None
    issuer.now += 3000
    assert keys.find("one") is not None
    assert issuer.asked == 1
    issuer.now += 1000
    keys.find("one")
    assert issuer.asked == 2


def test_a_new_key_is_found_soon_and_strangers_cannot_make_us_ask_all_the_time() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    assert keys.find("two") is None
    issuer.content = key_set(two=CURVE)
    for _ in range(100):
        assert keys.find("two") is None
    assert issuer.asked == 1
    issuer.now += 31
    assert keys.find("two") is not None
    assert keys.find("one") is None, "a key that the issuer has withdrawn counts no more"
    assert issuer.asked == 2


def test_known_keys_count_on_while_the_issuer_is_away() -> None:
    issuer = Issuer()
    keys = issuer.keys()
    keys.find("one")
    issuer.content, issuer.now = "", issuer.now + 4000
    assert keys.find("one") is not None
    issuer.content, issuer.now = "{}", issuer.now + 4000
    assert keys.find("one") is not None


def test_a_secret_in_the_key_set_is_no_key() -> None:
    issuer = Issuer()
    issuer.content = json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one", "alg": "HS256"}]})
    assert issuer.keys().find("one") is None


# ---------------------------------------------------------------- signing in


@pytest.fixture
def people(sqlite_url: str) -> str:
    url = prepared(sqlite_url)
    demo_users(url)
    return url


@contextmanager
def serving(people: str, keys: Path, **environ: str) -> Iterator[Application]:
    own = {
        "EASD_OAUTH_ISSUER": ISSUER,
        "EASD_OAUTH_AUDIENCE": AUDIENCE,
        "EASD_OAUTH_JWKS": str(keys),
        "EASD_OAUTH_AUTHORIZATION_URI": f"{ISSUER}/authorize",
        "EASD_OAUTH_CLIENT_ID": "00000002",
    }
    with in_process_app(people, environ={**own, **environ}) as application:
        yield application


async def ask(
    application: Application, authorization: str | None, path: str = "", method: str = "OPTIONS"
) -> httpx.Response:
    transport = httpx.ASGITransport(application.asgi, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://mail.example.test") as client:
        headers = {} if authorization is None else {"Authorization": authorization}
        return await client.request(method, path or "/Microsoft-Server-ActiveSync", headers=headers)


async def test_a_token_signs_in_as_its_user(people: str, keys: Path) -> None:
    with serving(people, keys) as application:
        for scheme in ("Bearer", "bearer"):
            assert (await ask(application, f"{scheme} {token()}")).status_code == 200
        discovered = await ask(application, f"Bearer {token()}", "/autodiscover/autodiscover.xml", "POST")
        assert b"<EMailAddress>alice@example.test</EMailAddress>" in discovered.content


async def test_somebody_who_is_not_here_or_may_not_come_is_refused(people: str, keys: Path) -> None:
    with serving(people, keys) as application:
        stranger = token(email="nobody@example.test")
        assert (await ask(application, f"Bearer {stranger}")).status_code == 401
        assert (await ask(application, f"Bearer {token()}")).status_code == 200
        with office(people) as opened:
            opened.accounts.set_enabled(opened.user("alice").id, False)
        assert (await ask(application, f"Bearer {token()}")).status_code == 401


async def test_the_challenge_is_one_that_phones_know(people: str, keys: Path) -> None:
    with serving(people, keys) as application:
        for path, method in (("", "OPTIONS"), ("/autodiscover/autodiscover.xml", "POST")):
            for authorization in (None, "Bearer", "Bearer x"):
                answer = await ask(application, authorization, path, method)
                assert answer.status_code == 401
                bearer, basic = answer.headers.get_list("www-authenticate")
                assert basic.startswith("Basic realm=")
                assert f'client_id="00000002", trusted_issuers="{ISSUER}"' in bearer
                assert f'authorization_uri="{ISSUER}/authorize"' in bearer
                assert ('error="invalid_token"' in bearer) == (authorization == "Bearer x")


async def test_passwords_may_be_switched_off(people: str, keys: Path) -> None:
    basic = "Basic " + b64encode(f"alice@example.test:{PASSWORD}".encode()).decode()
    with serving(people, keys) as application:
        assert (await ask(application, basic)).status_code == 200
    with serving(people, keys, EASD_OAUTH_PASSWORDS="false") as application:
        answer = await ask(application, basic)
        assert answer.status_code == 401
        assert [one[:7] for one in answer.headers.get_list("www-authenticate")] == ["Bearer "]
        assert (await ask(application, f"Bearer {token()}")).status_code == 200


async def test_without_an_issuer_a_token_is_no_credential(people: str) -> None:
    with in_process_app(people) as application:
        answer = await ask(application, f"Bearer {token()}")
        assert answer.status_code == 401
        assert [one[:6] for one in answer.headers.get_list("www-authenticate")] == ["Basic "]


async def test_who_comes_with_forged_tokens_has_to_wait_and_old_ones_cost_nothing(people: str, keys: Path) -> None:
    with serving(people, keys, EASD_AUTH_ADDRESS_FAILURES="3") as application:
        for _ in range(5):
            assert (await ask(application, f"Bearer {token(exp=int(time.time()) - 3600)}")).status_code == 401
        good = token()
        assert (await ask(application, f"Bearer {good}")).status_code == 200
        statuses = [(await ask(application, f"Bearer {token(OTHER, jti=str(n))}")).status_code for n in range(5)]
        assert statuses[:3] == [401, 401, 401]
        assert statuses[-1] == 503
        assert (await ask(application, f"Bearer {good}")).status_code == 200, "who is in stays in"
