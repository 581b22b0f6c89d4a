"""The policy document as a device of some version gets it, and the name of that very form."""

from functools import lru_cache
from hashlib import sha256

from easd.eas.commands.provision import POLICY_DOCUMENT
from easd.eas.versions import Version
from easd.model.policy import PolicyDocument
from easd.wbxml import Writer


@lru_cache(maxsize=256)
def digest(document: PolicyDocument, version: Version) -> str:
    """A name for the document as encoded for the version.

    A setting that the version does not have must not force its devices to provision anew, so the encoded form is
    named, not the stored one.
    """
    writer = Writer()
    POLICY_DOCUMENT.dump_children(writer, document, version)
    return sha256(writer.fragment()).hexdigest()[:32]
