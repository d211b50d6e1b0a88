"""The tests' tiny instrument, for fuzzers: they run without pytest."""

import json
from functools import cache
from pathlib import Path

from tests import conftest


@cache
def metadata_json() -> str:
    """What the tiny instrument says of itself, and all that it might."""
    directions, prior = (
        conftest.tiny_directions(),
        {"mean": [0.0] * 16, "factor": [[0.1] * 16] * 16},
    )
    ways = {
        name: {"up": directions.up[i].tolist(), "down": directions.down[i].tolist()}
        for i, name in enumerate(directions.names)
    }
    return json.dumps(
        conftest.tiny_metadata(
            prior=prior, directions={"anchors": directions.anchors.tolist(), "ways": ways}
        )
    )


def save(path: Path) -> Path:
    """Write the tiny instrument with its stored check."""
    conftest.save_model(path, conftest.tiny_metadata())
    conftest.add_check(path)
    return path
