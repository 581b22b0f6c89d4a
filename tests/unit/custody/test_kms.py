"""Master keys in AWS KMS, asked over HTTP with boto3 as it is; the server is moto's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from easd.custody.keepers import Keepers
from easd.custody.kms import Kms
from easd.service.ports.master_keys import MasterKeyMissing, MasterKeys
from easd.store import migrate
from easd.store.encryption import Encryption
from tests.support.aws import REGION, services, sign_in
from tests.support.databases import copied
from tests.support.encrypting import encrypting, key_file
from tests.support.server import free_port
from tests.support.stores import Clock, folders, mail, with_users


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where KMS is."""
    with services() as there:
        yield there


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in(monkeypatch)


@pytest.fixture
def service(endpoint: str) -> Any:
    """KMS as its administrator has it."""
    return boto3.client("kms", region_name=REGION, endpoint_url=endpoint)


def made(service: Any) -> str:
    """The ARN of a new key."""
    arn: str = service.create_key()["KeyMetadata"]["Arn"]
    return arn


def test_kms_seals_and_opens_by_arn_id_and_alias(service: Any, endpoint: str) -> None:
    arn = made(service)
    service.create_alias(AliasName="alias/easd", TargetKeyId=arn)
    for key in (arn, arn.rpartition("/")[2], "alias/easd"):
        kms = Kms(key, REGION, endpoint)
        name, wrapped = kms.wrap(b"secret")
        assert name == kms.current() == f"kms:{arn}"
        assert b"secret" not in wrapped
        assert kms.unwrap(name, wrapped) == b"secret"


def test_what_another_key_of_kms_has_sealed_still_opens(service: Any, endpoint: str) -> None:
    old, new = (Kms(made(service), REGION, endpoint) for _ in range(2))
    name, wrapped = old.wrap(b"secret")
    assert Keepers("kms", {"kms": new}).unwrap(name, wrapped) == b"secret"


def test_what_kms_refuses_is_told(service: Any, endpoint: str) -> None:
    arn = made(service)
    kms = Kms(arn, REGION, endpoint)
    name, wrapped = kms.wrap(b"secret")
    with pytest.raises(MasterKeyMissing, match="NotFoundException"):
        Kms("alias/none", REGION, endpoint).wrap(b"secret")
    altered = wrapped[:-1] + bytes((wrapped[-1] ^ 1,))
    with pytest.raises(MasterKeyMissing, match="InvalidCiphertextException"):
        kms.unwrap(name, altered)


def test_a_store_goes_from_a_file_to_kms_and_works_on_while_kms_is_away(sqlite_url: str, tmp_path: Path) -> None:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    away = f"http://{host}:{port}"
    file, kms = key_file(tmp_path), Kms(made(boto3.client("kms", region_name=REGION, endpoint_url=away)), REGION, away)
    both: dict[str, MasterKeys] = {"file": file, "kms": kms}
    first = encrypting(copied(sqlite_url, migrate), Keepers("file", both), Clock())
    [alice] = with_users(first, "alice")
    inbox = folders(first, alice.mailbox_id)[0]
    with first.writing(alice.mailbox_id) as box:
        blob = box.add_mail(inbox, mail(1)).blob_id
    second = encrypting(sqlite_url, Keepers("kms", both), Clock(), on=False)
    keys = Encryption(second)
    keys.rotate_master(keys.new_root())
    assert keys.status().masters == (kms.current(),)
    only = encrypting(sqlite_url, Keepers("kms", {"kms": kms}), Clock(), on=False)
    assert blob is not None
    with only.reading(alice.mailbox_id) as box:
        assert box.blob(blob) == mail(1).raw
    server.stop()
    Encryption(only).rotate(None)  # nothing but a master key is asked of KMS
    with only.writing(alice.mailbox_id) as box:
        new = box.add_mail(inbox, mail(2)).blob_id
    assert new is not None
    with only.reading(alice.mailbox_id) as box:
        assert box.blob(new) == mail(2).raw
    late = encrypting(sqlite_url, Keepers("kms", {"kms": kms}), Clock(), on=False)
    with pytest.raises(MasterKeyMissing, match="AWS KMS"), late.reading(alice.mailbox_id) as box:
        box.blob(new)
    for store in (first, second, only, late):
        store.close()


def test_kms_out_of_reach_is_told_and_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Kms("alias/easd", REGION, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(MasterKeyMissing, match="Could not connect"):
        away.current()
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    nowhere = Kms("alias/easd")
    with pytest.raises(MasterKeyMissing, match="region"):
        nowhere.current()
