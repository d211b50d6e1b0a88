"""An SFZ file: which sample sounds its own pitch on which key, for which velocities.

Only what says which note a sample holds, and how loud it is meant to be, is read; every other
opcode is ignored and named once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from training.sources.names import key_of
from training.sources.sounds import Sound, Source, SourceError, timbre_name

Opcodes = dict[str, str]

COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
INCLUDE: Final = re.compile(r'#include\s+"([^"\n]+)"')
DEFINE: Final = re.compile(r"#define\s+\$(\w+)\s+(\S+)")
HEADER: Final = re.compile(r"<(\w+)>")
OPCODE: Final = re.compile(r"(?:^|(?<=\s))(\w+)=")
LEVELS: Final = ("control", "global", "master", "group", "region")
DEEPEST_INCLUDE: Final = 16
MIDDLE_C: Final = 60
HALF_TRACKED: Final = 50.0  # per cent of a velocity's level that the player puts on a sample
READ: Final = {
    "default_path", "sample", "key", "lokey", "hikey", "pitch_keycenter", "transpose", "lovel",
    "hivel", "loop_mode", "loopmode", "volume", "amp_veltrack", "trigger",
}  # fmt: skip
SUSTAINED_LOOPS: Final = ("loop_continuous", "loop_sustain")


@dataclass
class Parsed:
    """Regions with the opcodes of the levels above them."""

    regions: list[Opcodes] = field(default_factory=list)
    levels: dict[str, Opcodes] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)


def read(path: Path) -> Source:
    """Every sample of an SFZ file, once a pitch and range of velocities.

    Raises:
        SourceError: it cannot be read, or has no regions with samples.
    """
    parsed = parse(_text(path, path.parent, 0))
    notices = []
    if parsed.ignored:
        notices.append(f"{path}: opcodes ignored: {', '.join(sorted(parsed.ignored))}")
    sounds: dict[tuple[Path, int | None, tuple[int, int]], Sound] = {}
    for opcodes in parsed.regions:
        sample = opcodes.get("sample", "")
        if opcodes.get("trigger", "attack") not in ("attack", "first") or not sample:
            continue  # the noise of a key that is let go
        if sample.startswith("*"):
            notices.append(f"{path}: sample={sample} is made by the player: left out")
            continue
        try:
            sound = _sound(path, opcodes)
        except ValueError as error:
            notices.append(f"{path}: a region of {sample} is left out: {error}")
            continue
        sounds.setdefault((sound.path, sound.key, sound.velocities or (1, 127)), sound)
    if not sounds:
        raise SourceError(f"{path}: no regions with samples")
    return Source(path.name, list(sounds.values()), list(dict.fromkeys(notices)))


def parse(text: str) -> Parsed:
    """Read headers and opcodes; a deeper header inherits from those above it."""
    parsed = Parsed(levels={level: {} for level in LEVELS})
    parts = HEADER.split(text)
    for header, body in zip(parts[1::2], parts[2::2], strict=True):
        if header not in LEVELS:
            parsed.ignored.add(f"<{header}>")
            continue
        opcodes = _opcodes(body)
        parsed.ignored |= set(opcodes) - READ
        depth = LEVELS.index(header)
        kept = parsed.levels["control"] if header == "control" else {}
        parsed.levels[header] = {**kept, **opcodes}
        for deeper in LEVELS[depth + 1 :] if depth else ():
            parsed.levels[deeper] = {}
        if header == "region":
            parsed.regions.append(
                {k: v for level in LEVELS for k, v in parsed.levels[level].items()}
            )
    return parsed


def _opcodes(text: str) -> Opcodes:
    """Names and values; a value may hold spaces (file names do)."""
    places = list(OPCODE.finditer(text))
    ends = [place.start() for place in places[1:]] + [len(text)]
    return {
        place[1]: text[place.end() : end].strip() for place, end in zip(places, ends, strict=True)
    }


def _text(path: Path, home: Path, depth: int) -> str:
    """The file's text without comments, with what it includes and defines put in."""
    try:
        text = COMMENT.sub("", path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    if depth > DEEPEST_INCLUDE:
        raise SourceError(f"{path} includes itself")
    text = INCLUDE.sub(lambda found: _text(_file(home, found[1]), home, depth + 1), text)
    names = dict(DEFINE.findall(text))
    text = DEFINE.sub("", text)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(f"${name}", names[name])
    return text


def _sound(path: Path, opcodes: Opcodes) -> Sound:
    """A region's sample.

    Raises:
        ValueError: a value cannot be read.
    """
    centre = opcodes.get("pitch_keycenter", "")
    root = _key(opcodes, "pitch_keycenter" if centre else "key")
    if root is None and centre != "sample":
        root = MIDDLE_C
    if root is not None:
        root -= _number(opcodes, "transpose", 0)
    low, high = _number(opcodes, "lovel", 0), _number(opcodes, "hivel", 127)
    if low > high or high < 1:
        raise ValueError(f"lovel={low} hivel={high}")
    loop = opcodes.get("loop_mode", opcodes.get("loopmode", ""))
    return Sound(
        _file(path.parent, opcodes.get("default_path", "") + opcodes["sample"]),
        timbre_name(path.stem),
        key=root,
        velocities=None if low <= 1 and high >= 127 else (max(low, 1), min(high, 127)),
        gain_db=_float(opcodes, "volume", 0.0),
        velocity_in_level=_float(opcodes, "amp_veltrack", 100.0) < HALF_TRACKED,
        sustained=True if loop in SUSTAINED_LOOPS else None,
    )


def _key(opcodes: Opcodes, name: str) -> int | None:
    if opcodes.get(name, "sample") == "sample":
        return None
    key = key_of(opcodes[name])
    if key is None:
        raise ValueError(f"{name}={opcodes[name]} is no key")
    return key


def _number(opcodes: Opcodes, name: str, default: int) -> int:
    return round(_float(opcodes, name, float(default)))


def _float(opcodes: Opcodes, name: str, default: float) -> float:
    try:
        return float(opcodes.get(name, default))
    except ValueError:
        raise ValueError(f"{name}={opcodes[name]} is no number") from None


def _file(home: Path, name: str) -> Path:
    """A file named in an SFZ file; on Windows case and the kind of slash do not matter."""
    wanted = home / name.replace("\\", "/")
    if wanted.exists():
        return wanted
    found = home
    for part in Path(name.replace("\\", "/")).parts:
        try:
            names = {child.name.lower(): child for child in found.iterdir()}
        except OSError:
            return wanted
        found = found / part if part in ("..", ".") else names.get(part.lower(), found / part)
    return found if found.exists() else wanted
