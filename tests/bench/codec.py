"""The codec beside other codecs, as one more scenario."""

from tests.bench import wbxml_codec
from tests.bench.progress import Progress
from tests.bench.results import Figure, Result
from tests.bench.sizes import Sizes

TITLE = "WBXML codec, best time a document"


def run(sizes: Sizes, progress: Progress) -> Result:
    """Each document in both directions; a peer's time is the second figure of a pair."""
    progress.step("encoding and decoding")
    rows = wbxml_codec.run(repeats=sizes.repeats)
    figures, notes = [], []
    for row in rows:
        name = f"{row.document} {row.operation}"
        figures.append(Figure(name, row.easd_us, "µs"))
        for peer_name, peer in (("libwbxml", row.libwbxml), ("pyactivesync", row.pyactivesync)):
            if peer.us is None:
                notes.append(f"{name}: {peer_name} has no figure: {peer.reason}")
            else:
                figures.append(Figure(f"{name} by {peer_name}", peer.us, "µs"))
    return Result("wbxml", TITLE, figures, notes)
