"""MIDI ports: which interface this system has, what is connected to it, which one is meant."""

import re
import sys
from collections.abc import Sequence
from typing import Any, Final

import rtmidi

from rtsynth.errors import RtsynthError, quiet_stderr

CLIENT_NAME: Final = "rtsynth"
ALL: Final = "all"  # every input there is
QUEUE_MESSAGES: Final = 16_384
APIS: Final[dict[str, tuple[int, ...]]] = {
    "linux": (rtmidi.API_LINUX_ALSA, rtmidi.API_UNIX_JACK),
    "darwin": (rtmidi.API_MACOSX_CORE, rtmidi.API_UNIX_JACK),
    "win32": (rtmidi.API_WINDOWS_MM,),
}
CONNECT_HELP: Final = (
    "no MIDI input: plug in a keyboard, or connect one to the port 'rtsynth' "
    "(aconnect, jack_connect, qjackctl)"
)


def choose_api(*but: int) -> int | None:
    """The first MIDI interface of this system that can be opened, None where none can.

    Those in `but` are left out.
    """
    compiled: list[int] = rtmidi.get_compiled_api()
    for api in APIS.get(sys.platform, tuple(compiled)):
        usable = api in compiled and api not in but
        client = open_client(api, f"{CLIENT_NAME}-probe") if usable else None
        if client is not None:
            close_client(client)
            return api
    return None


def open_client(api: int, name: str = CLIENT_NAME) -> Any:
    """A closed input on an interface, or None where that cannot be had now."""
    try:
        with quiet_stderr():
            client = rtmidi.MidiIn(api, name=name, queue_size_limit=QUEUE_MESSAGES)
    except rtmidi.RtMidiError:
        return None
    client.ignore_types(sysex=False, timing=True, active_sense=True)
    return client


def close_client(client: Any) -> None:
    """Close a client now, not when Python gets round to it."""
    with quiet_stderr():
        client.delete()


def input_ports(client: Any) -> list[str]:
    """Names of the inputs that a client sees, our own left out."""
    try:
        with quiet_stderr():
            names = client.get_ports()
    except rtmidi.RtMidiError:
        return []
    return [name for name in names if not is_ours(name)]


def list_inputs(*but: int) -> tuple[str, list[str]]:
    """The interface in use ("" where there is none) and the names of its inputs.

    Interfaces in `but` are left out.
    """
    api = choose_api(*but)
    if api is None:
        return "", []
    client = open_client(api, f"{CLIENT_NAME}-list")
    names = input_ports(client) if client is not None else []
    if client is not None:
        close_client(client)
    return rtmidi.get_api_display_name(api), names


def is_ours(name: str) -> bool:
    """Whether a port belongs to rtsynth itself."""
    return name.lower().startswith(CLIENT_NAME)


def stable_name(name: str) -> str:
    """A port's name without the numbers that ALSA gives anew at each connection."""
    return re.sub(r"\s+\d+:\d+$", "", name)


def best_input(names: list[str]) -> str | None:
    """The first port that a player probably means: no 'through' port."""
    return next((name for name in names if "through" not in name.lower()), None)


def pick_inputs(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """The inputs meant, of those there are: for each part of a name the first that is not taken.

    ALL means every one that a player may mean.
    """
    found: list[str] = []
    for each in wanted:
        left = [name for name in names if name not in found]
        if each == ALL:
            found += [name for name in left if best_input([name])]
        else:
            found += [name for name in left if each.lower() in name.lower()][:1]
    return found


def find_inputs(names: list[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """What is wanted, with names for numbers, which move when ports come and go.

    Raises:
        RtsynthError: one of them is not there; the line names those that are.
    """
    found = [each if each == ALL else find_input(names, each) for each in wanted]
    return tuple(
        stable_name(name) if each.isdecimal() else each
        for each, name in zip(wanted, found, strict=True)
    )


def find_input(names: list[str], wanted: str) -> str:
    """The input with a number (from 1) or a part of its name.

    Raises:
        RtsynthError: none fits; the line names those that exist.
    """
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    matches = [name for name in names if wanted.lower() in name.lower()]
    if matches:
        return matches[0]
    there = "; ".join(f"{i} {name}" for i, name in enumerate(names, 1)) or "none at all"
    raise RtsynthError(f"no MIDI input '{wanted}': there is {there} (see 'rtsynth devices')")
