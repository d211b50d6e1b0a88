"""atheris: a damaged instrument file, or one that says odd things, is refused in one line."""

import contextlib
import copy
import json
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import atheris

import tests.guards.plain_imports  # noqa: F401

with atheris.instrument_imports(include=["rtsynth"]):
    from rtsynth import instrument
    from rtsynth.errors import RtsynthError
    from rtsynth.metadata import read_metadata

from tests.guards.tiny import metadata_json, save

FOLDER = Path(tempfile.mkdtemp(prefix="rtsynth-fuzz-"))
FILE = FOLDER / "damaged.onnx"
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, -1e308, 1e999, float("nan"), 2**70, 10**400, "", "x" * 100, "12", "١",
    [], {}, [[]], [None], [0.0] * 16, [0.0] * 17, ["a"] * 16, {"name": {}}, "\ud800", "0x10",
)  # fmt: skip


@cache
def whole_file() -> bytes:
    """The instrument before anything happened to it."""
    return save(FOLDER / "whole.onnx").read_bytes()


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a JSON document and every key in it."""
    keys: Any = node.keys() if isinstance(node, dict) else range(len(node))
    for key in list(keys):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])


def sayings(data: atheris.FuzzedDataProvider) -> None:
    """Metadata in which some fields are odd."""
    document = json.loads(metadata_json())
    for _ in range(data.ConsumeIntInRange(1, 3)):
        all_places = list(places(document))
        if not all_places:
            break
        node, key = all_places[data.ConsumeIntInRange(0, len(all_places) - 1)]
        act = data.ConsumeIntInRange(0, 3)
        if act == 0:
            del node[key]
        elif act == 1:
            node[key] = [node[key]]
        else:
            node[key] = copy.deepcopy(data.PickValueInList(list(ODD)))
    text = json.dumps(document)
    if data.ConsumeBool():
        at = data.ConsumeIntInRange(0, len(text))
        text = text[:at] + data.ConsumeUnicode(8) + text[at:]
    with contextlib.suppress(RtsynthError):
        metadata = read_metadata(FILE, text)
        assert metadata.timbres
        assert all(0 <= slot < len(metadata.timbres) for slot in metadata.program_slots().values())
        metadata.timbre_slot(data.ConsumeUnicode(4))


def damage(data: atheris.FuzzedDataProvider) -> None:
    """A file of which parts are cut out, doubled or written over."""
    whole = bytearray(whole_file())
    for _ in range(data.ConsumeIntInRange(1, 4)):
        at = data.ConsumeIntInRange(0, len(whole))
        length = data.ConsumeIntInRange(0, 64)
        act = data.ConsumeIntInRange(0, 3)
        if act == 0:
            del whole[at : at + length]
        elif act == 1:
            whole[at:at] = whole[at : at + length]
        elif act == 2:
            part = data.ConsumeBytes(length)
            whole[at : at + len(part)] = part
        else:
            del whole[at:]
    FILE.write_bytes(whole)
    with contextlib.suppress(RtsynthError):
        instrument.load(FILE, accelerate=False).self_test()


def one_input(data: bytes) -> None:
    """The first byte chooses what is odd."""
    provider = atheris.FuzzedDataProvider(data)
    if provider.ConsumeIntInRange(0, 3):
        sayings(provider)
    else:
        damage(provider)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
