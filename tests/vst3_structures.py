"""Structures of VST3 in ctypes, as they lie in memory."""

from ctypes import (
    POINTER,
    Structure,
    Union,
    c_char,
    c_char_p,
    c_double,
    c_float,
    c_int8,
    c_int16,
    c_int32,
    c_int64,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)

Text = c_int16 * 128


class FactoryInfo(Structure):
    _fields_ = [("vendor", c_char * 64), ("url", c_char * 256), ("email", c_char * 128),
                ("flags", c_int32)]  # fmt: skip


class ClassInfo(Structure):
    _fields_ = [("cid", c_uint8 * 16), ("cardinality", c_int32), ("category", c_char * 32),
                ("name", c_char * 64)]  # fmt: skip


class ClassInfo2(Structure):
    _fields_ = [*ClassInfo._fields_, ("flags", c_uint32), ("sub_categories", c_char * 128),
                ("vendor", c_char * 64), ("version", c_char * 64),
                ("sdk", c_char * 64)]  # fmt: skip


class ClassInfoW(Structure):
    _fields_ = [*ClassInfo._fields_[:3], ("name", c_int16 * 64), ("flags", c_uint32),
                ("sub_categories", c_char * 128), ("vendor", c_int16 * 64),
                ("version", c_int16 * 64), ("sdk", c_int16 * 64)]  # fmt: skip


class BusInfo(Structure):
    _fields_ = [("media", c_int32), ("direction", c_int32), ("channels", c_int32), ("name", Text),
                ("kind", c_int32), ("flags", c_uint32)]  # fmt: skip


class Setup(Structure):
    _fields_ = [("mode", c_int32), ("size", c_int32), ("most", c_int32), ("rate", c_double)]


class ParameterInfo(Structure):
    _fields_ = [("id", c_uint32), ("title", Text), ("short", Text), ("units", Text),
                ("steps", c_int32), ("default", c_double), ("unit", c_int32),
                ("flags", c_int32)]  # fmt: skip


class UnitInfo(Structure):
    _fields_ = [("id", c_int32), ("parent", c_int32), ("name", Text), ("list", c_int32)]


class ProgramListInfo(Structure):
    _fields_ = [("id", c_int32), ("name", Text), ("count", c_int32)]


class ExpressionInfo(Structure):
    _fields_ = [("type", c_uint32), ("title", Text), ("short", Text), ("units", Text),
                ("unit", c_int32), ("default", c_double), ("low", c_double), ("high", c_double),
                ("steps", c_int32), ("parameter", c_uint32), ("flags", c_int32)]  # fmt: skip


class NoteOn(Structure):
    _fields_ = [("channel", c_int16), ("pitch", c_int16), ("tuning", c_float),
                ("velocity", c_float), ("length", c_int32), ("note", c_int32)]  # fmt: skip


class NoteOff(Structure):
    _fields_ = [("channel", c_int16), ("pitch", c_int16), ("velocity", c_float), ("note", c_int32),
                ("tuning", c_float)]  # fmt: skip


class Data(Structure):
    _fields_ = [("size", c_uint32), ("kind", c_uint32), ("bytes", c_char_p)]


class KeyPressure(Structure):
    _fields_ = [("channel", c_int16), ("pitch", c_int16), ("pressure", c_float), ("note", c_int32)]


class NoteExpression(Structure):
    _fields_ = [("type", c_uint32), ("note", c_int32), ("value", c_double)]


class Legacy(Structure):
    _fields_ = [("number", c_uint8), ("channel", c_int8), ("value", c_int8), ("value2", c_int8)]


class Body(Union):
    _fields_ = [("on", NoteOn), ("off", NoteOff), ("data", Data), ("pressure", KeyPressure),
                ("expression", NoteExpression), ("legacy", Legacy)]  # fmt: skip


class Event(Structure):
    _fields_ = [("bus", c_int32), ("sample", c_int32), ("beat", c_double), ("flags", c_uint16),
                ("kind", c_uint16), ("body", Body)]  # fmt: skip


class Context(Structure):
    _fields_ = [("state", c_uint32), ("rate", c_double), ("sample", c_int64),
                ("system", c_int64), ("rest", c_uint8 * 88)]  # fmt: skip


class Bus(Structure):
    _fields_ = [("channels", c_int32), ("silent", c_uint64), ("buffers", POINTER(c_void_p))]


class Block(Structure):
    _fields_ = [("mode", c_int32), ("size", c_int32), ("samples", c_int32),
                ("input_buses", c_int32), ("output_buses", c_int32), ("inputs", POINTER(Bus)),
                ("outputs", POINTER(Bus)), ("points", c_void_p), ("moved", c_void_p),
                ("events", c_void_p), ("events_out", c_void_p),
                ("context", POINTER(Context))]  # fmt: skip
