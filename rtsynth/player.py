"""Owns everything that plays: instrument, engine, generator, desk, audio, MIDI, recorder."""

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from rtsynth import instrument as instruments
from rtsynth import ports
from rtsynth._core import Engine
from rtsynth.backend import OutputConfig
from rtsynth.instrument import Instrument
from rtsynth.midi import POLL_S, MidiInput
from rtsynth.osc import OscServer
from rtsynth.output import AudioOutput, wait_for_block
from rtsynth.player_config import PlayerConfig as PlayerConfig
from rtsynth.player_config import PlayerStats as PlayerStats
from rtsynth.recordings import Recordings
from rtsynth.rig import Rig
from rtsynth.song import read_song, song_takes, turning_channels
from rtsynth.song_player import SongPlayer
from rtsynth.stage import set_list
from rtsynth.stage.beginning import begin
from rtsynth.stage.history import History
from rtsynth.stage.learned_file import LearnedFile
from rtsynth.tap import TapReader
from rtsynth.tuning.own import Tuning, read_tuning
from rtsynth.warm import WarmCache

SWITCH_INTERVAL_S: Final = 0.0005  # how soon a Python thread must let the MIDI thread run
FIRST_BLOCK_S: Final = 0.5  # how long a device may take to ask for its first block
SONG_PRIME_S: Final = 1.0  # so much of a song's takes is there before it begins
FADE_OUT_S: Final = 0.1  # at most, where the device does not ask for blocks any more
Say = Callable[[str], None]


class Player:
    """The instrument, live: `with Player(config, say) as player: ...`. Thread: control."""

    def __init__(self, config: PlayerConfig, say: Say | None = None) -> None:
        """Load and open everything that can fail; nothing sounds yet. `say` gets one-line news.

        Raises:
            RtsynthError: the instrument, a device, or a file cannot be used.
        """
        self._say = say or (lambda line: None)
        self._config = config
        self._stack = ExitStack()
        self._song: SongPlayer | None = None
        self._midi: MidiInput | None = None
        self._osc: OscServer | None = None
        try:
            self._open(config)
        except BaseException:
            self.stop()
            raise

    def _open(self, config: PlayerConfig) -> None:
        self._stack.callback(self._stop_midi)  # last of all: where JACK hangs, it does
        silent = self._stack.enter_context(ExitStack())  # what ends once nothing sounds
        song = read_song(config.midi_file) if config.midi_file is not None else []
        tuning = read_tuning(
            config.tuning, config.keyboard_map, config.reference_hz, config.stretch
        )
        instrument, warm = self._open_engine(config)
        self.rig = Rig(self.engine, instrument, self._say, config.timbre, config.seed, warm,
                       turning_channels(song))  # fmt: skip
        self.generator, self.controls = self.rig.generator, self.rig.controls
        self.desk, self.changer = self.rig.desk, self.rig.changer
        self._open_taps(config, silent)
        self._open_desk(config, tuning)
        self._song_takes = song_takes(song, *self.controls.ahead())
        if song:
            self._song = SongPlayer(self.engine, self.controls, song)

    def _open_engine(self, config: PlayerConfig) -> tuple[Instrument, WarmCache | None]:
        """Output and engine; returns the instrument, and what keeps its takes on disk."""
        with ThreadPoolExecutor(1) as beside:  # the network is read while the device opens
            loading = beside.submit(self._load)
            try:
                self.output = AudioOutput(
                    OutputConfig(config.backend, config.audio, config.rate_hz, config.block,
                                 config.devices, config.connect),
                    self._say,
                )  # fmt: skip
                self._stack.callback(self.output.stop)
                self.engine = Engine(
                    self.output.rate_hz, config.polyphony, config.arena_mib, config.seed,
                    frame_bits=config.cache_bits, render_threads=config.render_threads,
                )  # fmt: skip
            finally:
                found = loading.result()
        return found

    def _open_taps(self, config: PlayerConfig, silent: ExitStack) -> None:
        self.tap = TapReader(self.engine, self._say)
        if config.history:
            history = History(self.engine, self.controls, self.tap, self._say)
            history.start()
            silent.callback(history.stop)
        self._recordings = Recordings(self.engine, self.tap, self._say)
        silent.callback(self._recordings.end)
        if config.record is not None:
            self._recordings.open(config.record)

    def _open_desk(self, config: PlayerConfig, tuning: Tuning) -> None:
        if config.set_list is not None:
            self.changer.use(set_list.read(config.set_list), begin=config.preset is None)
        begin(self.desk, self.changer, tuning, config.preset, config.timbre, config.layers,
              config.gain_db)  # fmt: skip
        LearnedFile(self.desk, self._say).open()
        if config.osc is not None:
            self._osc = OscServer(config.osc, self.desk, self.changer, self._say)
            self._stack.callback(self._osc.stop)

    def _load(self) -> tuple[Instrument, WarmCache | None]:
        config = self._config
        instrument = instruments.load(config.instrument)
        if not config.disk_cache:
            return instrument, None
        return instrument, WarmCache(instrument.path, config.seed, config.cache_bits, self._say)

    @property
    def instrument(self) -> Instrument:
        """That was chosen last."""
        return self.rig.instrument

    def change_instrument(self, name: str) -> None:
        """As `Rig.change_instrument`."""
        self.rig.change_instrument(name)

    def start(self) -> None:
        """Make the first takes, then start sound, generator, MIDI and recorder, in this order.

        Raises:
            RtsynthError: a device refuses; what was started is stopped again.
        """
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        with ThreadPoolExecutor(1) as beside:  # the first takes are made while ports open
            priming = beside.submit(self._prime)
            if self._config.midi:
                elsewhere = self.output.has_input if self.output.brings_midi else None
                self._midi = MidiInput(self.controls, self.output.midi_wanted, self._say, elsewhere)
            priming.result()
        self._recordings.start()
        self.output.start(self.engine, self.controls)
        self._stack.callback(self._fade_out)
        self.generator.start()
        self._stack.callback(self.generator.stop)
        self.desk.start()
        self._stack.callback(self.desk.stop)
        self.changer.start()
        self._stack.callback(self.changer.stop)
        if self._osc is not None:
            self._osc.start()
            self._stack.callback(self._osc.stop)
        if self._midi is not None:
            self._midi.start()
        wait_for_block(self.engine, FIRST_BLOCK_S)
        if self._song is not None:
            self._song.start()
            self._stack.callback(self._song.stop)

    def _prime(self) -> None:
        """Make what is played at once."""
        self.generator.settle(time.monotonic())
        for slot in self.controls.slots_of(0):
            self.generator.prime(slot)
        at_once = [due for due in self._song_takes if not due.after]
        self.generator.ensure(due.take for due in at_once if due.time_s < SONG_PRIME_S)
        self.generator.ask(
            (due.take for due in at_once), (due.take for due in self._song_takes if due.after)
        )

    def stop(self) -> None:
        """Stop everything, last started first; the recording is complete afterwards."""
        self._stack.close()

    def _stop_midi(self) -> None:
        if self._midi is not None:
            self._midi.stop()

    @property
    def inputs(self) -> list[str]:
        """Names of the MIDI inputs there are, played or not; `stats().midi` says which are."""
        beside = self._midi.names if self._midi is not None else []
        return list(dict.fromkeys(self.output.inputs + beside))

    def choose_inputs(self, wanted: Sequence[str]) -> None:
        """Play from these MIDI inputs from now on; notes of others end. Thread: any.

        Args:
            wanted: numbers (from 1) or parts of names, or `ports.ALL`; none: the best there is.

        Raises:
            RtsynthError: one of them is not there; nothing has changed.
        """
        found = ports.find_inputs(self.inputs, wanted)
        self.output.choose_inputs(found)
        if self._midi is not None:
            self._midi.choose(found)

    def record(self, path: Path) -> Path:
        """Record what is played from now on; returns the file, which has a free name. Thread: any.

        Raises:
            RtsynthError: something is recorded already, or the file cannot be written.
        """
        return self._recordings.begin(path)

    def stop_recording(self) -> Path | None:
        """End the recording; returns the file, None: nothing was recorded. Thread: any."""
        return self._recordings.end()

    @property
    def recording(self) -> Path | None:
        """The file that is being recorded, None: none is."""
        return self._recordings.path

    def _fade_out(self) -> None:
        """Let what sounds end without a click, and the device play it."""
        self.controls.panic()
        until_s = time.monotonic() + FADE_OUT_S
        while self.engine.stats().voices and time.monotonic() < until_s:
            time.sleep(0.002)
        time.sleep(min(self.output.latency_s, FADE_OUT_S))

    def lateness(self) -> list[int]:
        """As `Engine.lateness`."""
        return self.engine.lateness()

    def stats(self) -> PlayerStats:
        """Counters and gauges of this moment."""
        core = self.engine.stats()
        block_s = (core.block_samples or self.output.block) / self.output.rate_hz
        poll_s = POLL_S if self._midi is not None and self._midi.keyboards else 0.0
        return PlayerStats(
            core=core,
            latency_ms=1e3 * (poll_s + block_s + self.output.latency_s),
            audio=self.output.description,
            midi=self._midi_sources(),
            generator_errors=self.generator.errors,
            song_done=self._song is not None and self._song.done,
        )

    def _midi_sources(self) -> str:
        if self._midi is None or not self.output.brings_midi:
            return self._midi.description if self._midi is not None else self.output.midi
        return " + ".join([*self._midi.keyboards, self.output.midi])

    def __enter__(self) -> "Player":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
