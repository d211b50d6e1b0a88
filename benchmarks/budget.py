"""The latency budget: what each stage may cost, and why.

Times are milliseconds at a block of `block` samples. A stage that is exact by construction is
judged by its maximum; one that depends on the machine's scheduler by its 99th percentile.
"""

from typing import Final

from benchmarks.tables import Budget

RATE_HZ: Final = 48000
BLOCKS: Final = (32, 64, 128, 256)

ARRIVAL: Final = Budget(2.0, "p99")  # a poll interval of 1 ms, and a scheduler that is late
VOICE_START: Final = Budget(0.0, "max")  # the event's own sample
SUBSTITUTE: Final = Budget(0.0, "max")  # a missing take never delays a note
COLD_FRAMES: Final = Budget(5.0, "p99")  # until a note without a take plays its own frames
COLD_PLUGIN: Final = Budget(5.0, "p99")  # a plugin's, server idle, to its first page
COLD_PLUGIN_BUSY: Final = Budget(20.0, "p99")  # ... busy with 8 instances
AT_ONCE: Final = Budget(0.0, "max")  # on JACK, a timbre whose first sample is loud
NOTE_TO_SOUND: Final = Budget(1.0, "max")  # on JACK, whatever the timbre
LOOK_AHEAD: Final = Budget(0.0, "max")  # the vocoder has no window
RING: Final = Budget(0.0, "max")  # how the host cuts its blocks changes nothing

TARGETS: Final = {  # what the whole has to reach; each benchmark says what it found
    "notes a core": "notes a core sustains at 48 kHz, block 64, piano and strings: "
    "2 x FluidSynth's or more",
    "note to sound": "note-on to first sample on JACK, 200 notes at random offsets, periods 64, "
    "128, 256: 0/0/0 samples for a timbre that starts at once",
    "notes live": "notes held on JACK at period 64 before drop-outs leave the idle floor: "
    "2 x FluidSynth's in the same run",
    "notes live, busy": "the same with a busy Python loop in the process and both cores loaded: "
    "unchanged",
    "cold note": "a cold note sounds at its offset; own frames within 5 ms at p99",
    "cold take": "a plugin's missing take is there within 5 ms at p99 (server idle), 20 ms (busy "
    "with 8 instances)",
    "generator": "generator, one thread: 1,000 x real time or more, first chunk 1 ms or less "
    "at p99",
    "keyboard": "first chunks of the whole keyboard 2 s or less after start",
    "moving timbre": "the timbre moves under 64 held voices without drop-outs, heard within 50 ms",
    "reverb": "the reverb decays by 60 dB in the time asked for, within 15 %, at all sizes, "
    "dampings and sample rates",
    "start": "start to first note: 1 s or less",
    "memory": "32 timbres loaded and played for 10 minutes: under 300 MB beside the interpreter, "
    "flat",
    "soak": "10 minutes of dense playing, 64 voices, period 64, SCHED_FIFO: no drop-outs above an "
    "idle client's",
    "plugin: note to sound": "note to first sample: at its offset, every block size 1-4096",
    "plugin: cost": "one block of 64 with 64 voices, plugin against the core: 1.05 x or less",
    "plugin: stalled server": "a server stopped for 2 s: 0 blocks late, 0 silent notes",
    "plugin: cycles": "200 random open, play, automate, save, reload, close cycles: 0 crashes, 0 "
    "leaks, 0 left-over segments",
    "plugin: hosts": "the same in minihost, pedalboard, dawdreamer, jalv and Ardour",
    "plugin: bounce": "a bounce equals rtsynth render within -90 dB, twice the same bytes",
    "plugin: bounce speed": "a bounce of 3 minutes: 20 x real time or more",
    "guards": "violations under every guard (.ci/run): 0",
}
CORE_TIMES: Final = 2.0  # of FluidSynth's notes on a core
LIVE_TIMES: Final = 2.0  # of FluidSynth's notes live
LIVE_BLOCKS: Final = (64, 128, 256)
MEMORY_MB: Final = 300.0
FLAT_MB_A_MINUTE: Final = 0.5
KEYBOARD_S: Final = 2.0
MOVING_MS: Final = 50.0  # from a value of a knob to each held note
DECAY_WITHIN: Final = 0.15  # of the reverberation time asked for
GENERATOR_TIMES: Final = 1000.0  # real time
FIRST_PAGE_MS: Final = 1.0

PLUGIN_TIMES: Final = 1.05  # of the core's processor time
PLUGIN_GROWTH_MB: Final = 8.0  # over the cycles behind the first tenth of them
HOST_GROWTH_MB: Final = 25.0  # of a host or server in 100 cycles: hosts keep some of what they load

VOICES_SHARE: Final = 0.10  # of the deadline, median, with 64 held voices
VOICES_BLOCK: Final = 64
PITCH_CENTS: Final = 2.0
STARTUP_S: Final = 1.0


def block_ms(block: int, rate_hz: float = RATE_HZ) -> float:
    """Length of a block in ms."""
    return 1e3 * block / rate_hz


def queue(block: int) -> Budget:
    """Events keep their offset in the block that follows: one block, and the clock's jitter."""
    return Budget(block_ms(block) + 1.0, "p99")


def device(block: int) -> Budget:
    """The block itself, and one more that a server may hold."""
    return Budget(2 * block_ms(block), "max")
