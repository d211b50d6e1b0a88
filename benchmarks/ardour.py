"""Ardour without a window: a session with a song and a plugin, its automation, its export."""

import os
import shutil
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

PROGRAMS = ("ardour7-lua", "ardour7-export")
_LIBRARIES = "/usr/lib/ardour7"
_SCANNER = f"{_LIBRARIES}/ardour-vst3-scanner"
_TRIES = 5  # it may not start, or its export's start waits for itself; rarely, and when busy
_LIMIT_S = 60.0
_TICKS = 1920  # a beat, in sessions
_CLOCKS_PER_S = 282_240_000  # of a session's places
TRACK = "Song"
_OFF = (  # of a region
    "muted", "locked", "video-locked", "automatic", "whole-file", "import", "external",
    "sync-marked", "left-of-split", "right-of-split", "hidden", "position-locked",
    "valid-transients",
)  # fmt: skip

_MAKE = """
local s = create_session("{folder}", "{name}", {rate_hz})
assert(s, "no session")
local info = ARDOUR.LuaAPI.new_plugin_info("{plugin}", ARDOUR.PluginType.{format})
assert(not info:isnil(), "no plugin {plugin}")
local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
local audio = ARDOUR.ChanCount(ARDOUR.DataType("audio"), 2)
s:new_midi_track(midi, audio, true, info, nil, nil, 1, "{track}",
                 ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true, false)
local processor = s:route_by_name("{track}"):nth_plugin(0)
local plugin = processor:to_insert():plugin(0)
local output = s:route_by_name("{track}"):output()
for i = 1, 3000 do -- a thread of Ardour's connects it
  if output:audio(0):connected() and output:audio(1):connected() then break end
  ARDOUR.LuaAPI.usleep(10000)
end
assert(output:audio(0):connected() and output:audio(1):connected(), "the track has no master")
{setting}
s:save_state("")
close_session()
print("made")
"""
_LOOK = """
local s = load_session("{folder}", "{name}")
assert(s, "no session")
local processor = s:route_by_name("{track}"):nth_plugin(0)
local plugin = processor:to_insert():plugin(0)
{setting}
{saving}
close_session()
print("made")
"""


class ArdourError(RuntimeError):
    """Ardour did not do what it was asked for."""


def missing() -> str | None:
    """Why Ardour cannot be run here, in words, or None."""
    if all(shutil.which(program) for program in PROGRAMS):
        return None
    return "Ardour 7 is not installed (Debian: apt install ardour)"


@dataclass(frozen=True)
class Session:
    """A session on disk.

    Attributes:
        folder: where it is; its parent holds a home for Ardour's own files.
        plugin: what Ardour knows the plugin by: an LV2's URI, a VST3's class or name.
        format: "LV2" or "VST3".
        env: what Ardour needs to find the plugin, and the plugin its server.
        bundle: of a VST3, which is scanned first.
    """

    folder: Path
    plugin: str
    format: str = "LV2"
    rate_hz: int = 48_000
    env: Mapping[str, str] = field(default_factory=dict)
    bundle: Path | None = None

    @property
    def name(self) -> str:
        """Of the session, and of its snapshot."""
        return self.folder.name

    @property
    def file(self) -> Path:
        """What Ardour saves it in."""
        return self.folder / f"{self.name}.ardour"

    @property
    def environment(self) -> dict[str, str]:
        """Of Ardour's programs."""
        home = {"HOME": str(self._home), "XDG_CONFIG_HOME": str(self._home)}
        return {**os.environ, **home, "LD_LIBRARY_PATH": _LIBRARIES, **self.env}

    def make(self, song: Path, seconds: float, setting: str = "") -> None:
        """Write it: the song's notes on a track with the plugin, so long a range to export.

        Args:
            song: A MIDI file at 120 beats a minute, as sessions are.
            seconds: Of the range.
            setting: Lua, with `processor` and `plugin`.
        """
        if self.bundle is not None:
            self._scan(self.bundle)
        self._lua(_MAKE, setting)
        sources = self.folder / "interchange" / self.name / "midifiles"
        shutil.copy(song, sources / "song.mid")
        file = mido.MidiFile(str(song))
        ticks = max(sum(message.time for message in track) for track in file.tracks)
        self._add_region(ticks * _TICKS // file.ticks_per_beat + _TICKS, seconds)  # its end is out

    def change(self, setting: str) -> str:
        """Load it, run Lua with `processor` and `plugin`, save it; what the Lua printed."""
        return self._lua(_LOOK, setting, 's:save_state("")')

    def look(self, setting: str) -> str:
        """As `change`, but nothing is saved."""
        return self._lua(_LOOK, setting)

    def export(self, out: Path) -> NDArray[np.float32]:
        """What it sounds like, (samples, 2), as the export tool writes it.

        In one export of ten Ardour gives a plugin no event of the song's track, as a count of what
        came to the plugin has shown: what is silent is exported again.

        Raises:
            ArdourError: there was no export.
        """
        command = ["ardour7-export", "-b", "float", "-s", str(self.rate_hz), "-o", str(out)]
        sound = np.zeros((0, 2), np.float32)
        for _ in range(_TRIES):
            out.unlink(missing_ok=True)
            said = self._run([*command, str(self.folder), self.name], "Done")
            if not out.exists():
                raise ArdourError(f"Ardour exported nothing: {said[-500:]}")
            sound = np.asarray(soundfile.read(out, dtype="float32", always_2d=True)[0])
            if sound.any():
                break
        return sound

    def _lua(self, template: str, setting: str, saving: str = "") -> str:
        script = template.format(
            folder=self.folder, name=self.name, rate_hz=self.rate_hz, plugin=self.plugin,
            format=self.format, track=TRACK, setting=setting, saving=saving,
        )  # fmt: skip
        path = self.folder.with_suffix(".lua")
        path.write_text(script)
        return self._run(["ardour7-lua", str(path)], "made", fresh=template is _MAKE)

    @property
    def _home(self) -> Path:
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        return home

    def _scan(self, bundle: Path) -> None:
        """Have Ardour know a VST3, of which its windowless programs only read the cache."""
        link = self._home / ".vst3" / bundle.name
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(bundle)
        built_s = max(each.stat().st_mtime for each in bundle.rglob("*"))
        while time.time() < int(built_s) + 1:  # Ardour wants its cache newer, in whole seconds
            time.sleep(0.05)
        self._run([_SCANNER, "-f", str(link)], "Saved VST3 plugin cache")

    def _run(self, command: Sequence[str], sign: str, fresh: bool = False) -> str:
        """What a program said, in which it must give a sign that it came to its end."""
        said = ""
        for _ in range(_TRIES):
            if fresh:
                shutil.rmtree(self.folder, ignore_errors=True)
            try:
                done = subprocess.run(
                    command, env=self.environment, capture_output=True, text=True, errors="replace",
                    timeout=_LIMIT_S, check=False, stdin=subprocess.DEVNULL,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                said = f"nothing for {_LIMIT_S:g} s"
                continue
            said = done.stdout + done.stderr
            if sign in said:
                return said
        raise ArdourError(f"{command[0]} did not come to its end: {said[-1000:]}")

    def _add_region(self, ticks: int, seconds: float) -> None:
        """Ardour's Lua cannot import a file without its window, so the session's file is edited."""
        tree = ET.parse(self.file)
        root = tree.getroot()
        first = int(root.get("id-counter", "0")) + 1
        root.set("id-counter", str(first + 3))
        ET.SubElement(_child(root, "Sources"), "Source", {
            "name": "song.mid", "take-id": "", "type": "midi", "flags": "Writable,CanRename",
            "id": str(first), "captured-for": "", "origin": "",
        })  # fmt: skip
        playlist = next(each for each in root.iter("Playlist") if each.get("name") == TRACK)
        ET.SubElement(playlist, "Region", {
            **dict.fromkeys(_OFF, "0"), "name": "song", "opaque": "1", "start": "b0",
            "length": f"b{ticks}@b0", "sync-position": "b0", "ancestral-start": "b0",
            "ancestral-length": "b0@b0", "stretch": "1", "shift": "1", "layering-index": "0",
            "tags": "", "contents": "0", "type": "midi", "first-edit": "nothing",
            "source-0": str(first), "master-source-0": str(first), "id": str(first + 1),
            "channels": "1",
        })  # fmt: skip
        ET.SubElement(_child(root, "Locations"), "Location", {
            "id": str(first + 2), "name": "session", "start": "a0",
            "end": f"a{round(seconds * _CLOCKS_PER_S)}", "flags": "IsSessionRange", "locked": "0",
            "timestamp": "0", "cue": "0", "scene-id": "0",
        })  # fmt: skip
        tree.write(self.file, encoding="UTF-8", xml_declaration=True)


def _child(root: ET.Element, name: str) -> ET.Element:
    """An element of a session, which must be there."""
    found = root.find(name)
    if found is None:
        raise ArdourError(f"the session has no {name}")
    found.clear()
    return found
