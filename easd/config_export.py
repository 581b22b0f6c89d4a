"""The settings of exports into buckets."""

from typing import Annotated

import msgspec

from easd.config_told import told


class Export(msgspec.Struct, frozen=True):
    """Where StartMailboxExportJob may write to. Credentials are found as all of AWS's tools find them."""

    buckets: Annotated[
        tuple[str, ...],
        told("Names of the S3 buckets that exports may go to. None: there are no export jobs. Needs `easd[aws]`."),
    ] = ()
    s3_region: Annotated[str, told("Region of the buckets. Empty: that of AWS's own configuration.")] = ""
    s3_endpoint: Annotated[
        str, told("Address of S3, where it is not AWS's (MinIO, Ceph and others). Empty: AWS's.")
    ] = ""
