"""What can be wrong with WBXML bytes or with the tree made of them."""


class WbxmlError(ValueError):
    """Bytes that are not a WBXML document as ActiveSync uses it.

    `reason` says what is wrong in words; `offset` is the position, in bytes from the start of the document, of the
    token, length or character at fault.
    """

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} (at byte {offset})")
        self.reason = reason
        self.offset = offset


class WbxmlLimitError(WbxmlError):
    """Bytes that go beyond one of the `Limits`: too many, too deep, too long."""


class ContentError(ValueError):
    """An element holds something else than was asked of it: children or binary data where text was wanted."""
