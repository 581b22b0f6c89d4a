"""The codec beside other codecs, as one more scenario."""

from tests.bench import wbxml_codec
from tests.bench.progress import Progress
from tests.bench.results import Figure, Result
from tests.bench.sizes import Sizes
from tests.bench.wbxml_codec import Peer, Row

TITLE = "WBXML codec, best time a document"


def run(sizes: Sizes, progress: Progress) -> Result:
    """Each document in both directions. libwbxml's tree never leaves C, which flatters it."""
    progress.step("encoding and decoding")
    rows = wbxml_codec.run(repeats=sizes.repeats)
    figures = [Figure(_name(row), row.easd_us, "µs", peers=_times(row)) for row in rows]
    return Result("wbxml", TITLE, figures, [note for row in rows for note in _missing(row)])


def _name(row: Row) -> str:
    return f"{row.operation} {row.document}, {row.size:,} bytes"


def _peers(row: Row) -> dict[str, Peer]:
    return {"libwbxml (C tree)": row.libwbxml, "pyactivesync": row.pyactivesync}


def _times(row: Row) -> dict[str, float]:
    return {name: peer.us for name, peer in _peers(row).items() if peer.us is not None}


def _missing(row: Row) -> list[str]:
    return [f"{_name(row)}: no {name}: {peer.reason}" for name, peer in _peers(row).items() if peer.us is None]
