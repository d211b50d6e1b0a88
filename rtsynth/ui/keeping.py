"""What a page may keep and bring back: presets, the set list, recordings."""

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Final

import platformdirs

from rtsynth.errors import RtsynthError
from rtsynth.stage import presets, recovery
from rtsynth.ui.fields import Order, flag, whole, words
from rtsynth.ui.gear import Action, Gear, Playable
from rtsynth.ui.session import Session


def kept_names() -> dict[str, list[str]]:
    """Names of the presets there are, and which of them are the user's own."""
    entries = presets.SHELF.entries()
    return {
        "names": [entry.name for entry in entries],
        "own": [entry.name for entry in entries if not entry.bundled],
    }


def _show_names(gear: Gear) -> None:
    for key, names in kept_names().items():
        gear.hub.changed("presets", key, names)


def kept_figures(player: Playable) -> dict[str, Any]:
    """What may change by itself: the preset that plays, the place in the set list, the file."""
    found = player.changer.set_list
    recording = player.recording
    return {
        "preset": player.changer.current,
        "set_list": {
            "title": found.name if found is not None else "",
            "entries": list(found.presets) if found is not None else [],
            "at": player.changer.place,
        },
        "recording": str(recording) if recording is not None else "",
    }


def _save(gear: Gear, order: Order, session: Session) -> None:
    name = words(order, "name")
    presets.save(name, gear.desk, replace="replace" in order and flag(order, "replace"))
    _show_names(gear)
    session.say("news", f"{name} is saved")


def _load(gear: Gear, order: Order, session: Session) -> None:
    presets.SHELF.entry(words(order, "name"), whole=True)
    gear.player.changer.ask(words(order, "name"))


def _delete(gear: Gear, order: Order, session: Session) -> None:
    presets.SHELF.remove(words(order, "name"))
    _show_names(gear)


def _step(gear: Gear, order: Order, session: Session) -> None:
    _check_set_list(gear)
    gear.player.changer.step(whole(order, "by", -1, 1))


def _go(gear: Gear, order: Order, session: Session) -> None:
    found = _check_set_list(gear)
    gear.player.changer.go(whole(order, "at", 0, len(found) - 1))


def _check_set_list(gear: Gear) -> tuple[str, ...]:
    found = gear.player.changer.set_list
    if found is None:
        raise RtsynthError("there is no set list: start rtsynth with --set-list NAME")
    return found.presets


def _record(gear: Gear, order: Order, session: Session) -> Awaitable[None]:
    return asyncio.to_thread(_switch_recording, gear, flag(order, "on"))


def _switch_recording(gear: Gear, on: bool) -> None:
    if on:
        gear.hub.say(f"recording to {gear.player.record(music_path('take'))}")
        return
    done = gear.player.stop_recording()
    if done is not None:
        gear.hub.say(f"{done} is complete")


def _rescue(gear: Gear, order: Order, session: Session) -> Awaitable[None]:
    return asyncio.to_thread(_save_history, gear)


def _save_history(gear: Gear) -> None:
    runs = recovery.runs()
    if not runs:
        raise RtsynthError("nothing is kept: nothing was played, or it was with --no-history")
    sound, midi = recovery.save(runs[0], music_path("history"))
    gear.hub.say(f"{sound} and {midi.name}: the last {runs[0].seconds / 60.0:.1f} minutes")


def music_path(what: str) -> Path:
    """A name for a file that is made now, in the user's folder of music.

    Raises:
        RtsynthError: there can be no such folder.
    """
    folder = Path(platformdirs.user_music_dir()) / "rtsynth"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RtsynthError(f"cannot make the folder {folder}: {error.strerror}") from error
    return folder / time.strftime(f"{what} %Y-%m-%d %H.%M.%S.wav")


KEEPING: Final[dict[str, Action]] = {
    "save": _save,
    "load": _load,
    "delete": _delete,
    "step": _step,
    "go": _go,
    "record": _record,
    "rescue": _rescue,
}
