"""MoveItems (MS-ASCMD MoveItems): items from one folder into another."""

from dataclasses import replace

from easd.eas.commands.options import ID
from easd.eas.schema import Document, Integer, Prop, Schema, children_of
from easd.eas.versions import Version
from easd.model.frozen import dataclass
from easd.wbxml import Element, tag


@dataclass(frozen=True, slots=True)
class Move:
    """One item to move: its ServerId, its folder and the folder to move it to. `further_targets` are folders that the
    device named beside that one, which it must not (MS-ASCMD R4222).
    """

    source_id: str
    source_folder_id: str
    target_folder_id: str
    further_targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MoveItemsRequest:
    """A MoveItems request."""

    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class MoveResult:
    """What became of one move; `target_id` is the item's new ServerId."""

    source_id: str
    status: int
    target_id: str | None = None


@dataclass(frozen=True, slots=True)
class MoveItemsResponse:
    """A MoveItems response: one entry a move, or a common `status` for the whole request (14.0 and later)."""

    status: int | None = None
    responses: tuple[MoveResult, ...] = ()


_TARGET = tag("Move:DstFldId")


class _Move(Schema[Move]):
    """Reads a move with several targets too: it has a status of its own."""

    def load(self, element: Element, version: Version) -> Move:
        further = [child for child in children_of(element) if child.tag == _TARGET][1:]
        kept = [child for child in children_of(element) if not any(child is other for other in further)]
        move = super().load(Element(element.tag, kept), version)
        return replace(move, further_targets=tuple(ID.load(child, version) for child in further))


_MOVE = _Move(
    Move,
    (
        Prop("Move:SrcMsgId", "source_id", ID, "MS-ASCMD SrcMsgId", required=True),
        Prop("Move:SrcFldId", "source_folder_id", ID, "MS-ASCMD SrcFldId", required=True),
        Prop("Move:DstFldId", "target_folder_id", ID, "MS-ASCMD DstFldId (MoveItems)", required=True),
    ),
)

REQUEST: Document[MoveItemsRequest] = Document(
    "Move:MoveItems",
    Schema(
        MoveItemsRequest, (Prop("Move:Move", "moves", _MOVE, "MS-ASCMD Move (MoveItems)", many=True, required=True),)
    ),
)

_RESULT = Schema(
    MoveResult,
    (
        Prop("Move:SrcMsgId", "source_id", ID, "MS-ASCMD SrcMsgId", required=True),
        Prop("Move:Status", "status", Integer(0, 65535), "MS-ASCMD Status (MoveItems)", required=True),
        Prop("Move:DstMsgId", "target_id", ID, "MS-ASCMD DstMsgId"),
    ),
)

RESPONSE: Document[MoveItemsResponse] = Document(
    "Move:MoveItems",
    Schema(
        MoveItemsResponse,
        (
            Prop("Move:Status", "status", Integer(0, 65535), "MS-ASCMD common status codes (2.2.4)"),
            Prop("Move:Response", "responses", _RESULT, "MS-ASCMD Response (MoveItems)", many=True),
        ),
    ),
)
