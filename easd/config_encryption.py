"""The settings of encryption at rest."""

from typing import Annotated, Literal

import msgspec

from easd.config_told import told


class Encryption(msgspec.Struct, frozen=True):
    """Under which master key mail and other items are encrypted, once `easd encryption on` was said."""

    master_key: Annotated[
        Literal["none", "file", "kms"],
        told(
            "Where the present master key is: nowhere, the last of `master_key_file`, or `kms_key` of AWS KMS. What "
            "another one has sealed is opened by what else is named here. All servers of one database need the same."
        ),
    ] = "none"
    master_key_file: Annotated[
        str, told("File of master keys that `easd encryption new-key` has made; nobody else may read it.")
    ] = ""
    kms_key: Annotated[
        str, told("Key of AWS KMS: its ARN, id or alias (`alias/easd`). Needs `pip install 'easd[aws]'`.")
    ] = ""
    kms_region: Annotated[str, told("Region of that key. Empty: that of AWS's own configuration.")] = ""
    kms_endpoint: Annotated[str, told("Address of KMS, where it is not AWS's. Empty: AWS's.")] = ""
    index_bodies: Annotated[
        bool,
        told(
            "Let searches find words of bodies: the search index, which is not encrypted, holds them then. After a "
            "change: `easd encryption reindex`."
        ),
    ] = True
    megabytes_per_second: Annotated[
        int,
        told("How much of what is there already is encrypted, beside all else.", "MB", ge=1, le=10_000),
    ] = 8
