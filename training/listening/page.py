"""Write a listening test: one HTML page that holds the plan, and the sounds beside it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from training.listening.sounds import ANCHOR, REFERENCE, SAMPLE_RATE, Audio, Item

FORMAT: Final = 1  # of the plan and of the results
SCRIPTS: Final = ("sounds.js", "page.js")
FOLDER: Final = "sounds"


@dataclass(frozen=True)
class Design:
    """What is asked about each note."""

    abx: tuple[str, ...]  # systems that are compared with the reference in blind A/B/X trials
    mushra: tuple[str, ...]  # systems that are rated beside hidden reference and anchor


def write(out: Path, items: Sequence[Item], design: Design, instrument: str, seed: int) -> Path:
    """Write the page and its sounds; returns the page.

    The names of the sound files tell nothing of the system that made them.
    """
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    salt = f"{instrument} {seed}".encode()
    listed: list[dict[str, Any]] = [
        {
            "timbre": item.timbre,
            "key": item.key,
            "velocity": item.velocity,
            "files": {name: _write(out, audio, salt) for name, audio in item.sounds.items()},
        }
        for item in items
    ]
    plan = {
        "format": FORMAT,
        "instrument": instrument,
        "level": listed[0]["files"][REFERENCE],
        "items": listed,
        "trials": trials(len(items), design),
    }
    plan["test"] = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:8]
    page = out / "index.html"
    page.write_text(html(plan), "utf-8")
    return page


def trials(items: int, design: Design) -> list[dict[str, Any]]:
    """Every trial, each with a name of its own; the page puts them into a listener's order."""
    pairs = [
        {"id": f"abx-{item}-{system}", "kind": "abx", "item": item, "system": system}
        for item in range(items)
        for system in design.abx
    ]
    systems = [REFERENCE, ANCHOR, *design.mushra]
    rated = [
        {"id": f"mushra-{item}", "kind": "mushra", "item": item, "systems": systems}
        for item in range(items)
    ]
    return pairs + rated


def html(plan: dict[str, Any]) -> str:
    """The page with its style, script and plan inside.

    The plan is in base64, so that whoever glances at the page's source stays blind.
    """
    here = Path(__file__).parent
    packed = base64.b64encode(json.dumps(plan).encode()).decode()
    parts = {
        "@STYLE@": (here / "page.css").read_text("utf-8"),
        "@PLAN@": packed,
        "@SCRIPT@": "\n".join((here / name).read_text("utf-8") for name in SCRIPTS),
    }
    page = (here / "page.html").read_text("utf-8")
    for mark, text in parts.items():
        page = page.replace(mark, text)
    return page


def _write(out: Path, audio: Audio, salt: bytes) -> str:
    """Write a sound; returns its place relative to the page."""
    name = hashlib.sha256(salt + np.ascontiguousarray(audio).tobytes()).hexdigest()[:16]
    soundfile.write(out / FOLDER / f"{name}.flac", audio, SAMPLE_RATE, subtype="PCM_24")
    return f"{FOLDER}/{name}.flac"
