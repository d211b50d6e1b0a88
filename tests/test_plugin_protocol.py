"""The two sides of the plugins' protocol say the same."""

import re
from pathlib import Path

from rtsynth.serve import protocol

HEADER = Path(protocol.__file__).parents[1] / "plugin" / "protocol.h"


def test_both_sides_have_the_same_kinds_and_limits() -> None:
    text = HEADER.read_text(encoding="utf-8")
    kinds = {name: int(number) for name, number in re.findall(r"\bk(\w+) = (\d+),", text)}
    wanted = {kind.name.title().replace("_", ""): int(kind) for kind in protocol.Kind}
    assert kinds == wanted
    assert f"kProtocolVersion = {protocol.VERSION};" in text
    assert protocol.MOST_BYTES == 16 << 20
    assert "kMostPayload = std::size_t{16} << 20;" in text
