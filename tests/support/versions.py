"""A test goes through the versions that have what it tests."""

import pytest

from easd.eas.versions import Versions


def at(versions: Versions) -> pytest.MarkDecorator:
    """The test once at each of these versions, as its `version`."""
    return pytest.mark.parametrize("version", sorted(versions), ids=lambda version: version.text)
