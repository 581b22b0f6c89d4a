"""Whether a message is signed or encrypted by S/MIME, as its outermost part says (RFC 8551 3.4, 3.5)."""

from easd.mime.headers import parse_parameters
from easd.mime.scan import scan

_MIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNATURE = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_ENCRYPTED = frozenset({"enveloped-data", "authenveloped-data"})


def is_signed(raw: bytes) -> bool:
    """A signature beside the text (multipart/signed) or around it."""
    kind, parameters = _outermost(raw)
    if kind == "multipart/signed":
        return parameters.get("protocol", "").lower() in _SIGNATURE
    return kind in _MIME and parameters.get("smime-type", "").lower() == "signed-data"


def is_encrypted(raw: bytes) -> bool:
    """The content is there in encrypted form alone. Old programs name no smime-type for it."""
    kind, parameters = _outermost(raw)
    return kind in _MIME and parameters.get("smime-type", "enveloped-data").lower() in _ENCRYPTED


def _outermost(raw: bytes) -> tuple[str, dict[str, str]]:
    root = scan(raw).root
    return parse_parameters(root.headers.first("content-type"))
