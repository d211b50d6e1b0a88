"""CLAP's binary interface in ctypes: the structures and numbers that `clap_host` needs."""

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_char,
    c_char_p,
    c_double,
    c_float,
    c_int16,
    c_int32,
    c_int64,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any

INVALID_ID = 0xFFFFFFFF
NOTE_ON, NOTE_OFF, NOTE_CHOKE, NOTE_END, NOTE_EXPRESSION, PARAM_VALUE, PARAM_MOD = range(7)
PARAM_GESTURE_BEGIN, PARAM_GESTURE_END, TRANSPORT, MIDI, MIDI_SYSEX, MIDI2 = range(7, 13)
VOLUME, PAN, TUNING, VIBRATO, EXPRESSION, BRIGHTNESS, PRESSURE = range(7)
ERROR, CONTINUE, CONTINUE_IF_NOT_QUIET, TAIL, SLEEP = range(5)
PARAM_IS_STEPPED, PARAM_IS_AUTOMATABLE, PARAM_IS_MODULATABLE = 1 << 0, 1 << 5, 1 << 10
HAS_SECONDS, IS_PLAYING = 1 << 3, 1 << 4
SECONDS_FACTOR = 1 << 31
FILE, IN_PLUGIN = 0, 1


def structure(title: str, /, **fields: Any) -> type[Structure]:
    """A structure of C with these fields, in this order."""
    return type(title, (Structure,), {"_fields_": list(fields.items())})


def function(result: Any, *arguments: Any) -> Any:
    """The type of a pointer to a function; what may be null is c_void_p where it is passed in."""
    return CFUNCTYPE(result, *arguments)


Version = structure("Version", major=c_uint32, minor=c_uint32, revision=c_uint32)
VERSION = Version(1, 2, 2)
Entry = structure(
    "Entry", version=Version, init=function(c_bool, c_char_p), deinit=function(None),
    get_factory=function(c_void_p, c_char_p),
)  # fmt: skip
Descriptor = structure(
    "Descriptor", version=Version, id=c_char_p, name=c_char_p, vendor=c_char_p, url=c_char_p,
    manual_url=c_char_p, support_url=c_char_p, plugin_version=c_char_p, description=c_char_p,
    features=POINTER(c_char_p),
)  # fmt: skip
Factory = structure(
    "Factory", count=function(c_uint32, c_void_p),
    get_descriptor=function(POINTER(Descriptor), c_void_p, c_uint32),
    create=function(c_void_p, c_void_p, c_void_p, c_char_p),
)  # fmt: skip
Host = structure(
    "Host", version=Version, data=c_void_p, name=c_char_p, vendor=c_char_p, url=c_char_p,
    host_version=c_char_p, get_extension=function(c_void_p, c_void_p, c_char_p),
    request_restart=function(None, c_void_p), request_process=function(None, c_void_p),
    request_callback=function(None, c_void_p),
)  # fmt: skip
HostTail = structure("HostTail", changed=function(None, c_void_p))
Plugin = structure(
    "Plugin", desc=POINTER(Descriptor), data=c_void_p, init=function(c_bool, c_void_p),
    destroy=function(None, c_void_p),
    activate=function(c_bool, c_void_p, c_double, c_uint32, c_uint32),
    deactivate=function(None, c_void_p), start_processing=function(c_bool, c_void_p),
    stop_processing=function(None, c_void_p), reset=function(None, c_void_p),
    process=function(c_int32, c_void_p, c_void_p),
    get_extension=function(c_void_p, c_void_p, c_char_p), on_main_thread=function(None, c_void_p),
)  # fmt: skip

# --- events and blocks ---------------------------------------------------------------------------

Header = structure(
    "Header", size=c_uint32, time=c_uint32, space=c_uint16, type=c_uint16, flags=c_uint32
)
Note = structure(
    "Note", header=Header, note_id=c_int32, port=c_int16, channel=c_int16, key=c_int16,
    velocity=c_double,
)  # fmt: skip
NoteExpression = structure(
    "NoteExpression", header=Header, expression=c_int32, note_id=c_int32, port=c_int16,
    channel=c_int16, key=c_int16, value=c_double,
)  # fmt: skip
ParamValue = structure(
    "ParamValue", header=Header, param_id=c_uint32, cookie=c_void_p, note_id=c_int32,
    port=c_int16, channel=c_int16, key=c_int16, value=c_double,
)  # fmt: skip
Midi = structure("Midi", header=Header, port=c_uint16, data=c_uint8 * 3)
Sysex = structure("Sysex", header=Header, port=c_uint16, buffer=c_char_p, size=c_uint32)
Transport = structure(
    "Transport", header=Header, flags=c_uint32, beats=c_int64, seconds=c_int64, tempo=c_double,
    tempo_step=c_double, loop_start_beats=c_int64, loop_end_beats=c_int64,
    loop_start_seconds=c_int64, loop_end_seconds=c_int64, bar_start=c_int64, bar_number=c_int32,
    above=c_uint16, below=c_uint16,
)  # fmt: skip
InputEvents = structure(
    "InputEvents", context=c_void_p, size=function(c_uint32, c_void_p),
    get=function(c_void_p, c_void_p, c_uint32),
)  # fmt: skip
OutputEvents = structure(
    "OutputEvents", context=c_void_p, try_push=function(c_bool, c_void_p, POINTER(Header))
)
AudioBuffer = structure(
    "AudioBuffer", data32=POINTER(POINTER(c_float)), data64=c_void_p, channels=c_uint32,
    latency=c_uint32, constant_mask=c_uint64,
)  # fmt: skip
Process = structure(
    "Process", steady_time=c_int64, frames=c_uint32, transport=POINTER(Transport),
    inputs=POINTER(AudioBuffer), outputs=POINTER(AudioBuffer), inputs_count=c_uint32,
    outputs_count=c_uint32, in_events=POINTER(InputEvents), out_events=POINTER(OutputEvents),
)  # fmt: skip

# --- extensions ----------------------------------------------------------------------------------

PortInfo = structure(
    "PortInfo", id=c_uint32, name=c_char * 256, flags=c_uint32, channels=c_uint32,
    port_type=c_char_p, in_place_pair=c_uint32,
)  # fmt: skip
NotePortInfo = structure(
    "NotePortInfo", id=c_uint32, supported=c_uint32, preferred=c_uint32, name=c_char * 256
)
ParamInfo = structure(
    "ParamInfo", id=c_uint32, flags=c_uint32, cookie=c_void_p, name=c_char * 256,
    module=c_char * 1024, low=c_double, high=c_double, preset=c_double,
)  # fmt: skip
VoiceInfo = structure("VoiceInfo", count=c_uint32, capacity=c_uint32, flags=c_uint64)
Stream = structure("Stream", context=c_void_p, move=function(c_int64, c_void_p, c_void_p, c_uint64))
EXTENSIONS = {
    "clap.audio-ports": structure(
        "AudioPorts", count=function(c_uint32, c_void_p, c_bool),
        get=function(c_bool, c_void_p, c_uint32, c_bool, POINTER(PortInfo)),
    ),
    "clap.note-ports": structure(
        "NotePorts", count=function(c_uint32, c_void_p, c_bool),
        get=function(c_bool, c_void_p, c_uint32, c_bool, POINTER(NotePortInfo)),
    ),
    "clap.params": structure(
        "Params", count=function(c_uint32, c_void_p),
        get_info=function(c_bool, c_void_p, c_uint32, POINTER(ParamInfo)),
        get_value=function(c_bool, c_void_p, c_uint32, POINTER(c_double)),
        value_to_text=function(c_bool, c_void_p, c_uint32, c_double, c_char_p, c_uint32),
        text_to_value=function(c_bool, c_void_p, c_uint32, c_char_p, POINTER(c_double)),
        flush=function(None, c_void_p, c_void_p, c_void_p),
    ),
    "clap.state": structure(
        "State", save=function(c_bool, c_void_p, POINTER(Stream)),
        load=function(c_bool, c_void_p, POINTER(Stream)),
    ),
    "clap.state-context/2": structure(
        "StateContext", save=function(c_bool, c_void_p, POINTER(Stream), c_uint32),
        load=function(c_bool, c_void_p, POINTER(Stream), c_uint32),
    ),
    "clap.latency": structure("Latency", get=function(c_uint32, c_void_p)),
    "clap.tail": structure("Tail", get=function(c_uint32, c_void_p)),
    "clap.render": structure(
        "Render", has_hard_realtime_requirement=function(c_bool, c_void_p),
        set=function(c_bool, c_void_p, c_int32),
    ),
    "clap.voice-info": structure("Voices", get=function(c_bool, c_void_p, POINTER(VoiceInfo))),
    "clap.preset-load/2": structure(
        "PresetLoad", from_location=function(c_bool, c_void_p, c_uint32, c_char_p, c_char_p)
    ),
}  # fmt: skip
HostLog = structure("HostLog", log=function(None, c_void_p, c_int32, c_char_p))
HostParams = structure(
    "HostParams", rescan=function(None, c_void_p, c_uint32),
    clear=function(None, c_void_p, c_uint32, c_uint32), request_flush=function(None, c_void_p),
)  # fmt: skip
HostState = structure("HostState", mark_dirty=function(None, c_void_p))
HostThreads = structure(
    "HostThreads", is_main=function(c_bool, c_void_p), is_audio=function(c_bool, c_void_p)
)
HostPresets = structure(
    "HostPresets",
    on_error=function(None, c_void_p, c_uint32, c_char_p, c_char_p, c_int32, c_char_p),
    loaded=function(None, c_void_p, c_uint32, c_char_p, c_char_p),
)


def filled(kind: Any, *values: Any) -> Any:
    """A structure whose functions are Python's."""
    types = [each for _, each in kind._fields_]
    pairs = zip(types, values, strict=True)
    return kind(*(each(value) if callable(value) else value for each, value in pairs))


def at(address: int, kind: Any) -> Any:
    """What lies at an address."""
    return ctypes.cast(address, POINTER(kind)).contents
