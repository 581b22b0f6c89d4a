"""Encryption of content at rest: a key for each blob, sealed by its organisation's key, that by the store's root key,
and that by a master key which is kept elsewhere (ADR 0011).

`cipher` knows how bytes are sealed, `keys` which key seals them, `turning` brings what is there under the right ones.
"""
