"""The real-time core, as Python sees it. Threads as in core/engine.h.

Every method may be called from one thread of its kind at a time: [control] the thread that owns
the engine (events included), [generator] the generator thread, [recorder] the recorder thread.
Methods without a thread may be called from any; events too, as the GIL keeps their senders apart.
Arguments out of range raise ValueError, arrays of another type or shape TypeError.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CONTRACT_VERSION: int
LINK_VERSION: int  # of how a Link lies in memory
ALL_TOLD: int  # no parameter's index (Link.told)
LATE_STEP_MS: float
# Name, least, most, value at the start, and whether it is a channel's, of each parameter.
PARAMETERS: list[tuple[str, float, float, float, bool]]
# Number, name, value at the start and after a General MIDI reset (None: it is a command), whether
# controller 121 sets that value too, and the number of its low byte (None: it has 7 bits), of each
# controller that the core carries out. Those of timbres and banks are Python's.
CONTROLLERS: list[tuple[int, str, int | None, bool, int | None]]

class Stats:
    """Counters since start (monotonic) and gauges of the last moment, read without a lock."""

    clock_samples: int  # rendered since prepare
    voices: int  # sounding now
    load: float  # smoothed render time over block time, 0..1
    load_peak: float  # highest since the last reset_peaks()
    overruns: int  # blocks whose rendering took longer than they last
    notes: int  # notes started
    cache_hits: int  # notes whose own take was there at note-on
    cache_misses: int  # notes that began on another take
    late_frames: int  # frames a voice held because the next page had not arrived
    arrivals: int  # takes that notes went over to while they sounded
    stolen: int  # voices cut short for a new note
    xruns: int  # drop-outs reported by the device
    events_dropped: int  # events refused because the queue was full
    requests_dropped: int  # requests to the generator refused because the queue was full
    tap_dropped: int  # frames the recorder did not fetch in time
    nonfinite: int  # samples replaced because they were not finite
    limited: int  # samples at which the limiter worked
    peak_left: float  # linear, since the last reset_peaks()
    peak_right: float
    takes: int  # takes in the arena
    arena_used_bytes: int
    arena_bytes: int
    callbacks: int  # blocks asked for by a device
    block_samples: int  # size of the last block
    units_late: int  # groups of 8 voices left out because a render thread was late

class Link:
    """What the audio thread and Python have between them: events, requests, takes, what was played.

    It has no pointer in it, so the two may be in different processes: `adopt` gives Python's end of
    one that a plugin made. `Engine` is one, too: in a process's own memory, both ends at once.
    """

    @staticmethod
    def adopt(fd: int) -> Link:
        """Python's end of shared memory; `fd` stays the caller's and may be closed afterwards.

        One process at a time may have it: it goes on where the one before ended, with the takes
        that are there and with what waits in the queues. Say settle() once that is followed.

        Raises:
            RuntimeError: in a line why not: another user's, not sealed, of another version or
                other sizes, or no link at all.
        """
    def fileno(self) -> int:
        """The descriptor of shared memory, the link's own, to be handed on; -1: private memory."""
    @property
    def rate_hz(self) -> float: ...
    @property
    def polyphony(self) -> int: ...
    @property
    def offline(self) -> bool:
        """Whether whoever plays waits until what was heard and told is settled."""
    @property
    def audio_beat_ns(self) -> int:
        """When the last block began (time.monotonic_ns); 0: none did."""
    @property
    def server_beat_ns(self) -> int:
        """When Python last looked at it: in wait_any(), requests() and heard()."""
    level_db: float  # what the instrument's gain adds to the host's own; Python says it
    instrument: bytes  # a digest of 32 bytes, for whoever adopts it next: what the takes are of
    def slot_key(self, slot: int) -> int:
        """What set_slot_key() said last of a timbre slot, 0 at first, 64 bits."""
    def set_slot_key(self, slot: int, key: int) -> None:
        """[control] Say what a slot holds, for whoever adopts the link next."""

    # [control] Events. False: the queue was full, the event was counted and refused. Events with a
    # sample are carried out in the order of sending, so send them in the order of their samples;
    # so are those without, and neither kind waits for the other. One that is due in the past is
    # due at once.
    def midi(self, status: int, data1: int, data2: int, at_sample: int = -1) -> bool:
        """A channel message, due at a sample of the engine's clock (-1: as soon as possible).

        Notes (their layer is that of the velocity, their timbre the channel's), CONTROLLERS with
        their low bytes, pressure of channels and keys, and bend; all else is ignored. Registered
        parameters are 0 to 2, 5 and 6 (MPE configuration). Notes on channel 10 (drums) are silent
        unless it is a member of a zone.
        """
    def midi_live(self, status: int, data1: int, data2: int, time_ns: int) -> bool:
        """A channel message that arrived at time_ns (time.monotonic_ns).

        It is played at its offset in the device's next block, so that the delay is one block for
        every note. In render() it is due at once.
        """
    def set_timbre(self, channel: int, slot: int, at_sample: int = -1, change: int = -1) -> bool:
        """What the channel's notes play from then on.

        A member of an MPE zone plays what its manager plays until it gets a slot of its own; -1
        takes that from it again.

        `change` is the number of the channel's last program change that the sender knew of
        (`heard`): where the callback has carried out a later one, nothing happens.
        """
    def set_gain_db(self, gain_db: float, at_sample: int = -1) -> bool: ...
    def set_bend_range(self, channel: int, semitones: float, at_sample: int = -1) -> bool: ...
    def set_parameter(self, name: str, value: float, channel: int = 0, at_sample: int = -1) -> bool:
        """One of PARAMETERS; `channel` counts where it is a channel's."""
    def tune(
        self, channel: int, key: int, semitones: float, live: bool = True, at_sample: int = -1
    ) -> bool:
        """A key sounds so many semitones (-128..128) above its equal-tempered pitch; -128: it does
        not sound at all.

        Live: notes that sound follow, in a glide of milliseconds; else only new ones. A note plays
        the take of the key that is nearest to its tuned pitch (KEY_LOW..KEY_HIGH of the contract),
        which the vocoder moves by the rest. Members of an MPE zone are tuned as their manager is.
        """
    def set_velocity(self, played: int, sounding: float, at_sample: int = -1) -> bool:
        """One point of the velocity curve of all channels, 1..127."""
    def set_layer(
        self, channel: int, layer: int, field: int, value: float, at_sample: int = -1
    ) -> bool:
        """What one of a channel's 4 layers is; a note sounds on every layer that it lies in.

        Fields: 0 timbre slot (-1: off; layer 0 plays the channel's own), 1 and 2 lowest and highest
        key as played, 3 and 4 lowest and highest velocity as it sounds, 5 transposition in
        semitones, 6 linear gain, 7 pan -1..1 added to the channel's.
        """
    def ignore(self, channel: int, controller: int, on: bool, at_sample: int = -1) -> bool:
        """Whether a channel leaves a controller alone, because it was learned as something else."""
    def carry(self, channel: int, source: int, slot: int, at_sample: int = -1) -> bool:
        """A channel's notes that are held in a timbre slot go on in another.

        They fade over as soon as that has their frames, and until then play on.
        """
    def reset(self, at_sample: int = -1) -> bool:
        """What MIDI can set is as at the start (General MIDI reset), and notes end.

        Timbres, layers, tuning of keys and the velocity curve stay.
        """
    def panic(self) -> bool:
        """All sound off and the effects' tails with it (a fade of 5 ms), and controllers reset."""

    # [generator] Takes.
    def requests(self, limit: int, wait_ms: float) -> NDArray[np.int32]:
        """What voices want, oldest first, waited for without the GIL (looks every 0.5 ms).

        A page is asked for up to three pages ahead, once, and again after 0.1 s if it did not
        come: the same row may return. Keys lie within KEY_LOW..KEY_HIGH.

        Returns:
            (n, 5) rows of timbre, key, layer, first_frame, sounding (1: a voice plays a substitute
            for it or needs it within 16 frames), n at most `limit`.
        """
    def put(
        self,
        timbre: int,
        key: int,
        layer: int,
        first_frame: int,
        frames: NDArray[np.float32],
        note: NDArray[np.float32],
    ) -> bool:
        """Add whole pages to a take; those that it has already stay as they are.

        Timbres from TIMBRE_SLOTS on are middle takes: what notes that are held in slot
        `timbre - TIMBRE_SLOTS` go over to. They begin at any page, and begin anew at a page that
        does not follow on.

        Takes used longest ago make room, never one that a voice reads. Levels are stored in 1/256
        dB, FLOOR_DB..60 dB, the pitch in 1/256 cent within PITCH_RANGE_CENTS; what is not finite
        becomes FLOOR_DB, 0 cents or the note value's default.

        Args:
            first_frame: a multiple of PAGE_FRAMES.
            frames: (n, FRAME_VALUES), n a multiple of PAGE_FRAMES.
            note: (NOTE_VALUES,), read with the take's first page.

        Returns:
            False: no page could be freed, or the page before is missing.
        """
    def frames_ready(self, timbre: int, key: int, layer: int) -> int:
        """Frames of a take that are there (any thread)."""
    def drop(self, timbre: int, key: int, layer: int) -> None:
        """Take one take away, as `drop_timbre` does."""
    def first_page(
        self, timbre: int, key: int, layer: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """A take's first page as it is stored: frames (PAGE_FRAMES, FRAME_VALUES) and note values
        (1, NOTE_VALUES), None where there is no take.
        """
    def reading(self, timbre: int) -> NDArray[np.int32]:
        """What voices read of a slot, dropped or not: rows (n, 3) of key, layer and frame."""
    def drop_timbre(self, timbre: int) -> int:
        """Take a timbre slot's takes away, to make them anew; returns how many are still read.

        Held notes go on with what they have and fade over to the new takes when those arrive.
        """

    # [control] What was played and told.
    def heard(self, limit: int, wait_ms: float) -> list[tuple[bytes, int, int, int]]:
        """Messages that a callback played, oldest first: of channels, and system exclusive.

        One thread at a time. Waits without the GIL (looks every 0.5 ms).

        Returns:
            Rows of message, sample of the engine's clock at which it was played, slot and change,
            at most `limit`. System exclusive may come in pieces: it begins with 0xF0 and is
            complete with 0xF7. A lone 0xFF: a host ended what was played. Of a program change,
            slot is the one that its channel plays by now (-1: it was not known), change its number.
        """
    def set_slots(self, channel: int, slots: list[int]) -> None:
        """What each of 128 programs brings on a channel; -1: not known."""
    def told(self, limit: int) -> list[tuple[int, float, int]]:
        """Values that a host's parameters took, oldest first; the thread of heard().

        Returns:
            Rows of index in the plugin's table, value in its own range, and sample of the engine's
            clock, at most `limit`. Offline the index ALL_TOLD says that all that is to be followed
            before the audio thread goes on lies in heard() and here.
        """
    def move(self, index: int, value: float, played: bool = False) -> bool:
        """Tell the host that a parameter moved. False: the queue was full.

        `played`: by what was played, so that the host's next reset takes it back.
        """
    def settle(self, look_at: int = ...) -> None:
        """What follows from all that heard() and told() gave has been sent by now.

        Offline the audio thread waits for that, and asks again at the sample `look_at` of its
        clock (by default never), though nothing was played. The thread of heard().
        """
    @property
    def unheard(self) -> int:
        """Notes, controllers and programs that were played and that heard() will not tell of.

        Nobody read those before in time.
        """
    @property
    def unheard_moves(self) -> int:
        """The same of bends and pressure, which never take the place of the others."""
    @property
    def unheard_sysex(self) -> int:
        """System exclusive that was too long (8192 bytes), or that nobody read in time."""
    @property
    def untold(self) -> int:
        """Values that told() will not tell of."""

    # Figures.
    def stats(self) -> Stats: ...
    def reset_peaks(self) -> None: ...

def wait_any(
    links: Sequence[Link], wait_ms: float, requests: bool = True, heard: bool = True
) -> list[int]:
    """Wait until requests, or what was heard or told, are there to be read on any of many links.

    Without the GIL (looks every 0.5 ms, at all of them; audio threads wake nobody).

    Returns:
        Places in `links` of those that have some; none: the time went by.
    """

class Engine(Link):
    """Voices, takes and mixer behind one door. Stereo float32 out.

    Raises:
        ValueError: rate outside 8000..384000, polyphony outside 1..4096, arena too small,
            variation outside 0..1, frame_bits other than 8 and 16.
    """

    def __init__(
        self,
        rate_hz: float,
        polyphony: int = 128,
        arena_mib: int = 128,
        seed: int = 0,
        variation: float = 1.0,
        frame_bits: int = 16,
        render_threads: int = 0,
        shared: bool = False,
    ) -> None:
        """Variation 1: repeated notes differ slightly, as the seed says; 0: not at all.

        Frames of 8 bits take half the arena: their levels are within a quarter of a decibel.
        Threads that render beside the audio thread (0..4) are used from 96 voices on; the samples
        are the same, bit for bit. A device does not wait for them longer than a quarter of a block:
        voices that a thread still holds then pause, and are counted in units_late.
        Shared: its memory has a descriptor (`fileno`), and another process may adopt it.
        """
    def set_rate(self, rate_hz: float) -> None:
        """[control] Go on at another sample rate; only while nothing renders.

        Takes, events that wait, channels, gain and the clock stay (a sample due is still that
        sample, however long samples last now), sounding notes end, and the tap goes on in its ring.

        Raises:
            ValueError: outside 8000..384000; nothing has changed.
        """

    # [control] Rendering without a device, and the C callback for one.
    def render(self, out: NDArray[np.float32]) -> None:
        """Fill out (samples, 2), linear, -1..1. Without the GIL; only while no device runs."""
    def insist(self, samples: int) -> bool:
        """Let voices ask for all own frames that the next samples would play and that are missing.

        Between two calls of render(), in its thread. False: none are missing.
        """
    def callback_address(self) -> int:
        """Address of a PaStreamCallback (interleaved stereo float32)."""
    def user_data(self) -> int: ...

    # Taps and figures.
    def tap(self, on: bool) -> None:
        """[control] What is played goes to read_tap() from now on; begins empty, holds 4 s."""
    def read_tap(self, out: NDArray[np.float32]) -> tuple[int, int]:
        """[recorder] Fill out (samples, 2) with what was played.

        Returns:
            How many frames, which follow one another, and the clock's sample of the first. No
            frames: there are no more now.
        """
    def lateness(self) -> list[int]:
        """How many blocks a device asked for so late, in steps of LATE_STEP_MS; the last: later."""
    def trace(self) -> NDArray[np.int64]:
        """[control] Notes started since the last call, of the last 4096.

        Returns:
            (n, 4) rows of channel * 128 + key, sample at which the event was due, first sample that
            sounded, first sample of the note's own frames (-1: not yet or never).
        """

class Channels:
    """Channels, zones and tuning without an engine: which takes a song's notes begin on.

    Give it what the engine is given, in the same order. Any one thread.
    """

    def __init__(self) -> None: ...
    def midi(self, status: int, data1: int, data2: int) -> None:
        """Follow a channel message."""
    def tune(
        self, channel: int, key: int, semitones: float, live: bool = True, at_sample: int = -1
    ) -> bool:
        """As `Engine.tune`; always True."""
    def reset(self) -> None:
        """As `Engine.reset`."""
    def reset_in_zones(self) -> None:
        """The same, but MPE's zones stay."""
    def copy(self) -> Channels:
        """One that goes its own way from here."""
    def take_key(self, channel: int, key: int) -> int | None:
        """The key (KEY_LOW..KEY_HIGH) whose take a key plays now; None: it is silent."""

class NullDevice:
    """A device without a sound card: a thread with a real clock that plays into nothing.

    A block that is late by more than a block counts as an xrun, and is played all the same. Stop
    it before the interpreter ends.
    """

    def __init__(self, engine: Engine, block_samples: int) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...

class JackProcess:
    """The callbacks of one JACK client, C functions all of them.

    Each MIDI event is played at its own sample of the period it comes in. A program change is
    carried out there and then where `Link.set_slots` has said what it brings. Keep it, and the
    engine, until the client is closed.

    Raises:
        ValueError: an address is missing.
    """

    def __init__(
        self, engine: Engine, functions: dict[str, int], midi: int, left: int, right: int
    ) -> None:
        """Addresses of libjack's functions by name, and of three ports (jack_port_t)."""
    def callbacks(self) -> dict[str, int]:
        """Addresses of process, sample_rate, freewheel, xrun, port_registration, port_connect and
        shutdown.
        """
    def user_data(self) -> int:
        """What each of the callbacks is to be given."""
    def close(self) -> None:
        """[control] Leave the engine alone from now on; periods are silent.

        Waits without the GIL for a period that is under way, a second at most. Call it before the
        client is closed: one in freewheel may be waiting for frames.
        """
    @property
    def alive(self) -> bool:
        """False once the server has ended or thrown the client out."""
    @property
    def rate_hz(self) -> int: ...
    @property
    def port_changes(self) -> int:
        """How often ports came, went, or were connected or parted."""
    @property
    def ports_gone(self) -> int:
        """How often ports went."""
