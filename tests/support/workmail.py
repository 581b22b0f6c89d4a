"""Clients of the WorkMail API: boto3 as it is, with a key that was made by the command line."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from easd.admin.office import open_office
from easd.model.access_key import KeyRole
from tests.support.server import settings_of

REGION = "eu-west-1"


def access_key(url: str, role: KeyRole = KeyRole.ADMIN, organisation: str = "") -> tuple[str, str]:
    """A new key's id and secret, for the server of a database."""
    with open_office(settings_of(url)) as office:
        number = office.organisation(organisation) if organisation else None
        made, secret = office.desk.access_keys.create(role, number)
    return made.id, secret


def client(endpoint: str, key: tuple[str, str], **options: Any) -> Any:
    """boto3's client of the service, at this server."""
    config = Config(retries={"total_max_attempts": 1}, **options)
    named = {"aws_access_key_id": key[0], "aws_secret_access_key": key[1]}
    return _session().client("workmail", endpoint_url=endpoint, config=config, **named)


@functools.cache
def _session() -> Any:
    """One of all: to read the model anew takes half a second."""
    return boto3.session.Session(region_name=REGION)


def environment(key: tuple[str, str]) -> Mapping[str, str]:
    """The variables that the AWS CLI reads."""
    return {
        "AWS_ACCESS_KEY_ID": key[0],
        "AWS_SECRET_ACCESS_KEY": key[1],
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


def conforms(http_response: Any, model: Any, **_: Any) -> None:
    """An event of botocore: AssertionError unless the body of a good answer is what the output's shape says."""
    if http_response.status_code == 200:
        _conforms(model.output_shape, json.loads(http_response.content), model.name)


def _conforms(shape: Any, value: Any, path: str) -> None:
    """Members that the shape does not know, wrong types, lengths, values and patterns are all faults."""
    if shape.type_name == "structure":
        assert isinstance(value, dict), path
        assert value.keys() <= shape.members.keys(), (path, value.keys() - shape.members.keys())
        assert set(shape.required_members) <= value.keys(), path
        for name, one in value.items():
            _conforms(shape.members[name], one, f"{path}.{name}")
    elif shape.type_name == "list":
        assert isinstance(value, list), path
        for one in value:
            _conforms(shape.member, one, f"{path}[]")
        _bounded(shape, len(value), path)
    elif shape.type_name == "string":
        assert isinstance(value, str), path
        assert not shape.enum or value in shape.enum, (path, value)
        pattern = shape.metadata.get("pattern")
        assert pattern is None or re.fullmatch(pattern, value), (path, value)
        _bounded(shape, len(value), path)
    elif shape.type_name == "boolean":
        assert isinstance(value, bool), path
    else:
        assert isinstance(value, int | float), path
        assert not isinstance(value, bool), path
        _bounded(shape, value, path)


def _bounded(shape: Any, number: float, path: str) -> None:
    assert shape.metadata.get("min", number) <= number <= shape.metadata.get("max", number), (path, number)
