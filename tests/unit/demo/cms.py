"""Checks a signature of the Cryptographic Message Syntax (RFC 5652), as far as the demonstration's messages use it."""

from collections.abc import Iterator
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
_SET, _CONTEXT_0 = 0x31, 0xA0


class Node(NamedTuple):
    """One element of DER: its tag, its content, and the bytes of all of it."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list["Node"]:
        """The elements inside."""
        return list(_nodes(self.content))


def _nodes(data: bytes) -> Iterator[Node]:
    at = 0
    while at < len(data):
        length, start = data[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[at + 2 : start], "big")
        yield Node(data[at], data[start : start + length], data[at : start + length])
        at = start + length


def verify(signature: bytes, content: bytes | None, authority: x509.Certificate) -> tuple[bytes, x509.Certificate]:
    """The content that was signed (`content`, or what the signature carries) and its signer's certificate.

    Raises InvalidSignature or AssertionError where digest, signature or issuer are wrong.
    """
    content_info = next(_nodes(signature)).children()
    _, _, encapsulated, *rest = content_info[1].children()[0].children()
    if content is None:
        content = encapsulated.children()[1].children()[0].content
    signer = rest[-1].children()[0].children()
    attributes = next(node for node in signer if node.tag == _CONTEXT_0)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(content)
    assert _digest(attributes) == digest.finalize(), "the content is not the one that was signed"
    certificate = _leaf(signature, authority)
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signed = bytes([_SET]) + attributes.whole[1:]
    key.verify(signer[-1].content, signed, padding.PKCS1v15(), hashes.SHA256())
    return content, certificate


def _digest(attributes: Node) -> bytes:
    for attribute in attributes.children():
        name, values = attribute.children()
        if name.whole == _MESSAGE_DIGEST:
            return values.children()[0].content
    raise AssertionError("no digest among the signed attributes")


def _leaf(signature: bytes, authority: x509.Certificate) -> x509.Certificate:
    (leaf,) = (found for found in pkcs7.load_der_pkcs7_certificates(signature) if found != authority)
    leaf.verify_directly_issued_by(authority)
    return leaf
