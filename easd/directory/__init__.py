"""Who there is and who may log in: the users of the store's own tables."""

from easd.directory.local import LocalDirectory
from easd.directory.passwords import PASSWORD_MAX, Passwords, hash_password

__all__ = ["PASSWORD_MAX", "LocalDirectory", "Passwords", "hash_password"]
