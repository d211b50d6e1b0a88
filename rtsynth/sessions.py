"""Open networks in ONNX Runtime as an instrument needs them: no threads of their own, no talk."""

from collections.abc import Sequence
from typing import Any, Final

CPU: Final = "CPUExecutionProvider"
WIDE_SUMS: Final = "session.x64quantprecision"


def session_options(wide_sums: bool = False) -> Any:
    """Options of ONNX Runtime under which a session computes in the calling thread.

    With `wide_sums`, products of 8-bit integers are added up in 32 bits on every processor: those
    of x86 without VNNI use 16, and saturate. It takes half as long again on those that have it.
    """
    import onnxruntime as ort  # here, not above: it takes a tenth of a second

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if wide_sums:
        options.add_session_config_entry(WIDE_SUMS, "1")
    return options


def open_session(network: str | bytes, providers: Sequence[Any], wide_sums: bool = False) -> Any:
    """An ONNX Runtime session, of a file or its bytes, that computes in the calling thread."""
    import onnxruntime as ort

    ort.set_default_logger_severity(4)
    options, given = session_options(wide_sums), list(providers)
    return ort.InferenceSession(network, options, providers=given, enable_fallback=0)
