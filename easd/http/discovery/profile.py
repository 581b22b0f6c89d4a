"""Profiles for Apple's devices: an account in a file that is opened on the device (com.apple.eas.account)."""

import plistlib
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7SignatureBuilder

TYPE = "application/x-apple-aspen-config"


def profile(address: str, base: str) -> bytes:
    """The profile of one address, without a password: the device asks for it. `base` is this server's address."""
    scheme, _, host = base.partition("://")
    identity = uuid5(NAMESPACE_URL, f"{base}/{address}")
    account = {
        "PayloadType": "com.apple.eas.account",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"easd.{identity}.account",
        "PayloadUUID": str(uuid5(identity, "account")).upper(),
        "PayloadDisplayName": address,
        "EmailAddress": address,
        "UserName": address,
        "Host": host,
        "SSL": scheme == "https",
        "MailNumberOfPastDaysToSync": 7,
    }
    whole = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"easd.{identity}",
        "PayloadUUID": str(identity).upper(),
        "PayloadDisplayName": f"Mail of {address}",
        "PayloadDescription": f"Mail, contacts and calendars of {address} on {host}",
        "PayloadRemovalDisallowed": False,
        "PayloadContent": [account],
    }
    return plistlib.dumps(whole)


class Signer:
    """Signs profiles (CMS), so that a device shows who they are from. ValueError for a key that cannot."""

    def __init__(self, certificate_file: str, key_file: str) -> None:
        self._chain = x509.load_pem_x509_certificates(Path(certificate_file).read_bytes())
        key = load_pem_private_key(Path(key_file).read_bytes(), None)
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise ValueError("only RSA and elliptic curve keys sign profiles")
        self._key = key

    def sign(self, content: bytes) -> bytes:
        """The content inside its signature, as DER."""
        builder = PKCS7SignatureBuilder().set_data(content).add_signer(self._chain[0], self._key, hashes.SHA256())
        for certificate in self._chain[1:]:
            builder = builder.add_certificate(certificate)
        return builder.sign(Encoding.DER, [])
