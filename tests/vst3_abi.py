"""VST3's binary interface in ctypes: numbers, what each interface calls, objects of a host."""

import ctypes
from collections.abc import Callable, Sequence
from ctypes import (
    POINTER,
    c_char_p,
    c_double,
    c_int16,
    c_int32,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any

from tests.vst3_structures import (
    Block,
    BusInfo,
    ClassInfo,
    ClassInfo2,
    ClassInfoW,
    ExpressionInfo,
    FactoryInfo,
    ParameterInfo,
    ProgramListInfo,
    Setup,
    UnitInfo,
)

OK, FALSE, INVALID, NOT_IMPLEMENTED, NOT_INITIALIZED, NO_INTERFACE = 0, 1, 2, 3, 5, -1
AUDIO, EVENT = 0, 1
INPUT, OUTPUT = 0, 1
REALTIME, PREFETCH, OFFLINE = 0, 1, 2
PLAYING = 1 << 1
NOTE_ON, NOTE_OFF, DATA, POLY_PRESSURE, EXPRESSION, LEGACY = 0, 1, 2, 3, 4, 65535
PRESSURE, BEND, PROGRAM = 128, 129, 130  # places behind the controllers
CAN_AUTOMATE, HIDDEN, PROGRAM_CHANGE = 1 << 0, 1 << 4, 1 << 15

IID = {
    name: bytes.fromhex(number)
    for name, number in {
        "FUnknown": "0000000000000000C000000000000046",
        "IPluginBase": "22888DDB156E45AE8358B34808190625",
        "IPluginFactory": "7A4D811C52114A1FAED9D2EE0B43BF9F",
        "IPluginFactory2": "0007B650F24B4C0BA464EDB9F00B2ABB",
        "IPluginFactory3": "4555A2ABC1234E579B12291036878931",
        "IComponent": "E831FF31F2D54301928EBBEE25697802",
        "IAudioProcessor": "42043F99B7DA453CA569E79D9AAEC33D",
        "IEditController": "DCD7BBE37742448DA874AACC979C759E",
        "IMidiMapping": "DF0FF9F749B74669B63AB7327ADBF5E5",
        "IUnitInfo": "3D4BD6B5913A4FD2A886E768A5EB92C1",
        "IProcessContextRequirements": "2A654303EF764E3D95B5FE83730EF6D0",
        "INoteExpressionController": "B7F8F85941234872911695814F3721A3",
        "IHostApplication": "58E595CCDB2D49698B6AAF8C36A664E5",
        "IComponentHandler": "93A0BEA30BD045DB8E890B0CC1E46AC6",
        "IComponentHandler2": "F040B4B3A36045ECABCDC045B4D5A2CC",
        "IUnitHandler": "4B5147F84654486B8DAB30BA163A3C56",
    }.items()
}

# What each interface calls behind query, reference and release: result and arguments.
R = c_int32
_P, _TEXT = c_void_p, POINTER(c_int16)
_BASE = [("initialize", R, [_P]), ("terminate", R, [])]
CALLS: dict[str, list[tuple[str, Any, list[Any]]]] = {
    "FUnknown": [],
    "IPluginBase": _BASE,
    "IPluginFactory": [
        ("factory_info", R, [POINTER(FactoryInfo)]),
        ("classes", c_int32, []),
        ("class_info", R, [c_int32, POINTER(ClassInfo)]),
        ("create", R, [c_char_p, c_char_p, POINTER(_P)]),
    ],
    "IComponent": [
        *_BASE,
        ("controller_class", R, [_P]),
        ("set_io_mode", R, [c_int32]),
        ("bus_count", c_int32, [c_int32, c_int32]),
        ("bus_info", R, [c_int32, c_int32, c_int32, POINTER(BusInfo)]),
        ("routing", R, [_P, _P]),
        ("activate_bus", R, [c_int32, c_int32, c_int32, c_uint8]),
        ("set_active", R, [c_uint8]),
        ("set_state", R, [_P]),
        ("get_state", R, [_P]),
    ],
    "IAudioProcessor": [
        ("set_arrangements", R, [POINTER(c_uint64), c_int32, POINTER(c_uint64), c_int32]),
        ("arrangement", R, [c_int32, c_int32, POINTER(c_uint64)]),
        ("can_process", R, [c_int32]),
        ("latency", c_uint32, []),
        ("setup", R, [POINTER(Setup)]),
        ("set_processing", R, [c_uint8]),
        ("process", R, [POINTER(Block)]),
        ("tail", c_uint32, []),
    ],
    "IEditController": [
        *_BASE,
        ("set_component_state", R, [_P]),
        ("set_state", R, [_P]),
        ("get_state", R, [_P]),
        ("count", c_int32, []),
        ("info", R, [c_int32, POINTER(ParameterInfo)]),
        ("text", R, [c_uint32, c_double, _TEXT]),
        ("value", R, [c_uint32, _TEXT, POINTER(c_double)]),
        ("plain", c_double, [c_uint32, c_double]),
        ("normalised", c_double, [c_uint32, c_double]),
        ("get", c_double, [c_uint32]),
        ("set", R, [c_uint32, c_double]),
        ("set_handler", R, [_P]),
        ("view", _P, [c_char_p]),
    ],
    "IMidiMapping": [("assignment", R, [c_int32, c_int16, c_int16, POINTER(c_uint32)])],
    "IUnitInfo": [
        ("count", c_int32, []),
        ("info", R, [c_int32, POINTER(UnitInfo)]),
        ("lists", c_int32, []),
        ("list_info", R, [c_int32, POINTER(ProgramListInfo)]),
        ("program_name", R, [c_int32, c_int32, _TEXT]),
        ("program_info", R, [c_int32, c_int32, c_char_p, _TEXT]),
        ("has_pitch_names", R, [c_int32, c_int32]),
        ("pitch_name", R, [c_int32, c_int32, c_int16, _TEXT]),
        ("selected", c_int32, []),
        ("select", R, [c_int32]),
        ("by_bus", R, [c_int32, c_int32, c_int32, c_int32, POINTER(c_int32)]),
        ("set_program_data", R, [c_int32, c_int32, _P]),
    ],
    "IProcessContextRequirements": [("needs", c_uint32, [])],
    "INoteExpressionController": [
        ("count", c_int32, [c_int32, c_int16]),
        ("info", R, [c_int32, c_int16, c_int32, POINTER(ExpressionInfo)]),
        ("text", R, [c_int32, c_int16, c_uint32, c_double, _TEXT]),
        ("value", R, [c_int32, c_int16, c_uint32, _TEXT, POINTER(c_double)]),
    ],
}
CALLS["IPluginFactory2"] = [
    *CALLS["IPluginFactory"],
    ("class_info_2", R, [c_int32, POINTER(ClassInfo2)]),
]
CALLS["IPluginFactory3"] = [
    *CALLS["IPluginFactory2"],
    ("class_info_w", R, [c_int32, POINTER(ClassInfoW)]),
    ("set_host", R, [_P]),
]


def words(field: Any) -> str:
    """What stands in a field of UTF-16, up to its zero."""
    return bytes(field).decode("utf-16-le").split("\0")[0]


def written(text: str) -> Any:
    """A text as VST3 takes it."""
    units = text.encode("utf-16-le") + b"\0\0"
    return (c_int16 * (len(units) // 2)).from_buffer_copy(units)


class Interface:
    """An interface of the plugin: its calls are attributes."""

    def __init__(self, address: int, name: str) -> None:
        self.address = address
        self.name = name
        base = [("query", R, [c_char_p, POINTER(c_void_p)]), ("ref", c_uint32, []),
                ("unref", c_uint32, [])]  # fmt: skip
        table = ctypes.cast(address, POINTER(POINTER(c_void_p))).contents
        for place, (call, result, arguments) in enumerate([*base, *CALLS[name]]):
            function = ctypes.CFUNCTYPE(result, c_void_p, *arguments)(table[place])
            setattr(self, call, self._bound(function))

    def _bound(self, function: Any) -> Callable[..., Any]:
        return lambda *arguments: function(self.address, *arguments)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"{self.name} calls nothing {name}")

    def find(self, name: str) -> "Interface | None":
        """Another interface of the same object, with a reference; None: it has none."""
        found = c_void_p()
        result = self.query(IID[name], ctypes.byref(found))
        if result != OK:
            assert result == NO_INTERFACE
            assert not found.value
            return None
        assert found.value
        return Interface(found.value, name)


class Served:
    """An object of the host that a plugin calls; `calls`: result, arguments, function."""

    def __init__(
        self, name: str, calls: Sequence[tuple[Any, list[Any], Callable[..., Any]]],
        others: "dict[str, Served] | None" = None,
    ) -> None:  # fmt: skip
        self.references = 1
        self._known = {name: self, **(others or {})}
        base = [(R, [POINTER(c_uint8), POINTER(c_void_p)], self._query),
                (c_uint32, [], lambda: self._count(1)),
                (c_uint32, [], lambda: self._count(-1))]  # fmt: skip
        self._functions = [
            ctypes.CFUNCTYPE(result, c_void_p, *arguments)(self._without_self(call))
            for result, arguments, call in [*base, *calls]
        ]
        self._table = (c_void_p * len(self._functions))(
            *(ctypes.cast(each, c_void_p) for each in self._functions)
        )
        self._object = c_void_p(ctypes.addressof(self._table))
        self.address = ctypes.addressof(self._object)

    @staticmethod
    def _without_self(call: Callable[..., Any]) -> Callable[..., Any]:
        return lambda _, *arguments: call(*arguments)

    def _count(self, by: int) -> int:
        self.references += by
        return self.references

    def _query(self, iid: Any, found: Any) -> int:
        asked = bytes(iid[:16])
        for name, served in self._known.items():
            if asked in (IID.get(name), IID["FUnknown"]):
                served._count(1)
                found[0] = served.address
                return OK
        found[0] = None
        return NO_INTERFACE
