"""AWS Signature Version 4 of requests in their headers, as a service verifies it.

Without state: a signature can be sent again within the five minutes that its date is good for, as at AWS. To refuse a
second one would hit honest clients, for two equal requests within one second have the same signature. What a repeated
write does is what the same call twice does: names and addresses can be given once, and the rest says the same again.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from easd.service.workmail.errors import ApiError

SKEW = timedelta(minutes=5)
_ALGORITHM = "AWS4-HMAC-SHA256"
_HEADER_MAX = 4096
_SIGNED_MAX = 50
_CREDENTIAL = re.compile(r"([A-Za-z0-9]{1,128})/([0-9]{8})/([a-z0-9-]{1,64})/([a-z0-9-]{1,64})/aws4_request")
_HEX = re.compile(r"[0-9a-f]{64}")
_SPACES = re.compile(r" +")
_MUST_BE_SIGNED = ("host",)


@dataclass(frozen=True, slots=True)
class Signature:
    """What the Authorization header says."""

    key_id: str
    date: str
    region: str
    service: str
    signed: tuple[str, ...]
    value: str


def parsed(headers: Mapping[str, str]) -> Signature:
    """The signature of a request. ApiError where there is none, or one that cannot be."""
    header = headers.get("authorization", "")
    if not header:
        raise ApiError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    algorithm, _, rest = header.partition(" ")
    if algorithm != _ALGORITHM or len(header) > _HEADER_MAX:
        raise _incomplete(f"the Authorization header must begin with {_ALGORITHM}")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    credential = _CREDENTIAL.fullmatch(parts.get("Credential", ""))
    signed = tuple(parts.get("SignedHeaders", "").split(";"))
    value = parts.get("Signature", "")
    if credential is None or not _HEX.fullmatch(value) or not all(signed) or len(signed) > _SIGNED_MAX:
        raise _incomplete("the Authorization header needs Credential, SignedHeaders and Signature")
    key_id, date, region, service = credential.groups()
    return Signature(key_id, date, region, service, signed, value)


def verify(found: Signature, secret: str, method: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """ApiError InvalidSignatureException unless the secret has made this signature of this request, lately."""
    moment = headers.get("x-amz-date", "")
    _check_time(found, moment, now)
    _check_headers(found, headers)
    digest = hashlib.sha256(body).hexdigest()
    said = headers.get("x-amz-content-sha256", digest)
    if not hmac.compare_digest(said.encode(), digest.encode()):
        raise _invalid("the payload is not the one that was signed; chunked and unsigned payloads are not taken")
    canonical = _canonical(method, headers, found.signed, digest)
    scope = f"{found.date}/{found.region}/{found.service}/aws4_request"
    text = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    made = hmac.new(_key(secret, found), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made, found.value):
        raise _invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )


def _check_time(found: Signature, moment: str, now: datetime) -> None:
    try:
        at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _incomplete("the header X-Amz-Date must hold the moment of the signature") from None
    if moment[:8] != found.date:
        raise _invalid("Date in Credential scope does not match the date of the request")
    if abs(at - now) > SKEW:
        words = "expired" if at < now else "not yet current"
        raise _invalid(f"Signature {words}: {moment} is more than 5 minutes from {now:%Y%m%dT%H%M%SZ}")


def _check_headers(found: Signature, headers: Mapping[str, str]) -> None:
    """Whatever changes the meaning of the request must be signed."""
    for name in (*_MUST_BE_SIGNED, *(name for name in headers if name.startswith("x-amz-"))):
        if name not in found.signed:
            raise _invalid(f"the header {name} must be signed")
    if missing := [name for name in found.signed if name not in headers]:
        raise _invalid(f"the signed header {missing[0][:100]} is not there")


def _canonical(method: str, headers: Mapping[str, str], signed: Sequence[str], digest: str) -> str:
    lines = [f"{name}:{_SPACES.sub(' ', headers[name].strip())}" for name in signed]
    return "\n".join((method, "/", "", *lines, "", ";".join(signed), digest))


def _key(secret: str, found: Signature) -> bytes:
    made = f"AWS4{secret}".encode()
    for part in (found.date, found.region, found.service, "aws4_request"):
        made = hmac.new(made, part.encode(), hashlib.sha256).digest()
    return made


def _invalid(text: str) -> ApiError:
    return ApiError("InvalidSignatureException", text, 403)


def _incomplete(text: str) -> ApiError:
    return ApiError("IncompleteSignatureException", text, 403)
