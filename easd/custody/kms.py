"""A master key that AWS KMS keeps and never gives away: it seals and opens there. Needs `easd[aws]`."""

import threading
from typing import Any, Final

from easd.service.ports.master_keys import MasterKeyMissing

_CONTEXT: Final = {"easd": "root key"}
"""Said to KMS with each call: what it logs and what policies may ask for."""
_CONNECT, _ANSWER, _ATTEMPTS = 3, 5, 2
"""Seconds for a connection and for an answer, and how often a call is tried: somebody may wait for it."""


class Kms:
    """One key of AWS KMS. Credentials are found as all of AWS's tools find them."""

    def __init__(self, key: str, region: str = "", endpoint: str = "") -> None:
        """`key`: its ARN, id or alias (`alias/easd`); `region` and `endpoint`: those of the environment if empty."""
        self._key = key
        self._region, self._endpoint = region or None, endpoint or None
        self._lock = threading.Lock()
        self._made: Any = None

    def wrap(self, secret: bytes) -> tuple[str, bytes]:
        """The secret under the key, whose name holds its ARN."""
        answer = self._ask("encrypt", KeyId=self._key, Plaintext=secret, EncryptionContext=_CONTEXT)
        return f"kms:{answer['KeyId']}", answer["CiphertextBlob"]

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """The secret again, by whatever key of KMS has sealed it."""
        key = name.removeprefix("kms:")
        plain: bytes = self._ask("decrypt", KeyId=key, CiphertextBlob=wrapped, EncryptionContext=_CONTEXT)["Plaintext"]
        return plain

    def current(self) -> str:
        """The name of the key that seals."""
        return f"kms:{self._ask('describe_key', KeyId=self._key)['KeyMetadata']['Arn']}"

    def _ask(self, operation: str, **arguments: object) -> Any:
        try:
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise MasterKeyMissing("AWS KMS needs what is not installed: pip install 'easd[aws]'") from None
        try:
            return getattr(self._client(), operation)(**arguments)
        except (BotoCoreError, ClientError) as error:
            raise MasterKeyMissing(f"AWS KMS, {arguments['KeyId']}: {error}") from error

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._connected()
            return self._made

    def _connected(self) -> Any:
        import boto3
        from botocore.config import Config

        retries = {"total_max_attempts": _ATTEMPTS, "mode": "standard"}
        config = Config(connect_timeout=_CONNECT, read_timeout=_ANSWER, retries=retries)
        return boto3.Session().client("kms", region_name=self._region, endpoint_url=self._endpoint, config=config)
