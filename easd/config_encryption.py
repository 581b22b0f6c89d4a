"""The settings of encryption at rest."""

from typing import Annotated, Literal

import msgspec

from easd.config_told import told


class Encryption(msgspec.Struct, frozen=True):
    """Under which master key the bytes and texts of mail are encrypted, once `easd encryption on` was said."""

    master_key: Annotated[
        Literal["none", "file"],
        told("Where the master key is: in `master_key_file`, or nowhere. All servers of one database need the same."),
    ] = "none"
    master_key_file: Annotated[
        str, told("File of master keys that `easd encryption new-key` has made; nobody else may read it.")
    ] = ""
    megabytes_per_second: Annotated[
        int,
        told("How much of what is there already is encrypted, beside all else.", "MB", ge=1, le=10_000),
    ] = 8
