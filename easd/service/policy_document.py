"""The policy document as a device of some version gets it, and the name of that very form."""

from functools import lru_cache
from hashlib import sha256

from easd.eas.commands.provision import POLICY_DOCUMENT, POLICY_WBXML
from easd.eas.versions import DIALECTS, Version
from easd.model.policy import PolicyDocument
from easd.policy.wap import wap_document
from easd.wbxml import Writer


def shaped(document: PolicyDocument, version: Version) -> PolicyDocument | str:
    """The document in the form that the version has for it: elements, or the text of 2.5."""
    return document if DIALECTS[version].policy_type == POLICY_WBXML else wap_document(document)


@lru_cache(maxsize=256)
def digest(document: PolicyDocument, version: Version) -> str:
    """A name for the document as encoded for the version.

    A setting that the version does not have must not force its devices to provision anew, so the encoded form is
    named, not the stored one.
    """
    form = shaped(document, version)
    if isinstance(form, str):
        return sha256(form.encode()).hexdigest()[:32]
    writer = Writer()
    POLICY_DOCUMENT.dump_children(writer, form, version)
    return sha256(writer.fragment()).hexdigest()[:32]
