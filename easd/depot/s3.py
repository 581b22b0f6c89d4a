"""Objects in S3, or in what speaks its protocol (MinIO, Ceph). Needs `easd[aws]`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from easd.service.ports.exports import DepotError

_PART: Final = 8 * 2**20
"""Bytes of a part: S3 takes none below 5 MiB but the last, and 10,000 of them: 80 GB."""
_CONNECT, _ANSWER, _ATTEMPTS = 5, 60, 4
"""Seconds for a connection and for an answer, and how often a call is tried."""


class S3:
    """The buckets. Credentials are found as all of AWS's tools find them."""

    def __init__(self, region: str = "", endpoint: str = "") -> None:
        """`region` and `endpoint`: those of the environment if empty."""
        self._region, self._endpoint = region or None, endpoint or None
        self._made: Any = None

    def begin(self, bucket: str, path: str, key: str) -> "S3Upload":
        """A new object, encrypted under the key of that ARN of KMS ("": as the bucket has it). DepotError."""
        with _telling(bucket):
            if self._made is None:
                self._made = self._connected()
        return S3Upload(self._made, bucket, path, key)

    def _connected(self) -> Any:
        import boto3
        from botocore.config import Config

        retries = {"total_max_attempts": _ATTEMPTS, "mode": "standard"}
        config = Config(connect_timeout=_CONNECT, read_timeout=_ANSWER, retries=retries)
        return boto3.Session().client("s3", region_name=self._region, endpoint_url=self._endpoint, config=config)


class S3Upload:
    """One object, as an upload of parts: at most one part is in memory."""

    def __init__(self, client: Any, bucket: str, path: str, key: str) -> None:
        self._client = client
        self._bucket, self._object = bucket, {"Bucket": bucket, "Key": path}
        self._waiting = bytearray()
        self._parts: list[dict[str, Any]] = []
        sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
        made = self._ask("create_multipart_upload", ContentType="application/zip", **sealed)
        self._object["UploadId"] = made["UploadId"]

    def add(self, piece: bytes) -> None:
        """The next bytes, however many. DepotError."""
        self._waiting += piece
        while len(self._waiting) >= _PART:
            self._send(bytes(self._waiting[:_PART]))
            del self._waiting[:_PART]

    def finish(self) -> None:
        """It is whole; only now it is there. DepotError."""
        if self._waiting or not self._parts:
            self._send(bytes(self._waiting))
            self._waiting.clear()
        self._ask("complete_multipart_upload", MultipartUpload={"Parts": self._parts})

    def abandon(self) -> None:
        """It will not be there. DepotError: S3 drops its parts by the rules of the bucket."""
        self._ask("abort_multipart_upload")

    def _send(self, part: bytes) -> None:
        number = len(self._parts) + 1
        answer = self._ask("upload_part", PartNumber=number, Body=part)
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})

    def _ask(self, operation: str, **arguments: object) -> Any:
        with _telling(self._bucket):
            return getattr(self._client, operation)(**self._object, **arguments)


@contextmanager
def _telling(bucket: str) -> Iterator[None]:
    """What boto3 objects to, as a DepotError."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise DepotError("S3 needs what is not installed: pip install 'easd[aws]'") from None
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise DepotError(f"S3, bucket {bucket}: {error}") from error
