"""Both receivers find the same frames in the same bytes, whatever stands between them."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bridge.scripted import FLAGS, KEY, SOURCES
from tests.bridge.tools import GCC, needs

from colonnade_bridge.wire.dialect import dialect, generate_c
from colonnade_bridge.wire.receiver import HOST, FrameVerdict, Receiver, judge

OTHER_KEY = bytes(32)


class Signer(ctypes.Structure):
    _fields_ = [
        ("key", ctypes.c_char_p),
        ("sent", ctypes.c_uint64),
        ("heard", ctypes.c_uint64),
        ("count", ctypes.c_uint8),
    ]


class ReceiverInC:
    """c/link/cln_receiver.c, with the manners of the one in Python."""

    def __init__(self, code: ctypes.CDLL) -> None:
        self._code = code
        self._signer = Signer(KEY, 0, 0, 0)
        self._memory = ctypes.create_string_buffer(1024)
        code.cln_receiver_next.restype = ctypes.POINTER(ctypes.c_uint8)
        code.cln_receiver_put.restype = ctypes.c_size_t
        code.cln_receiver_put.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
        code.cln_receiver_init(self._memory, ctypes.byref(self._signer), HOST)

    @property
    def counts(self) -> tuple[int, ...]:
        return tuple((ctypes.c_uint32 * 5).from_buffer(self._memory, 8))

    def feed(self, data: bytes) -> list[bytes]:
        frames = []
        while data:
            taken = self._code.cln_receiver_put(self._memory, data, len(data))
            data = data[taken:]
            frames += self._accepted()
        return frames

    def silence(self) -> list[bytes]:
        frames = []
        while self._code.cln_receiver_waits(self._memory):
            self._code.cln_receiver_give_up(self._memory)
            frames += self._accepted()
        return frames

    def _accepted(self) -> list[bytes]:
        frames = []
        while pointer := self._code.cln_receiver_next(self._memory):
            frames.append(bytes(pointer[: 25 + pointer[1]]))
        return frames


class ReceiverInPython:
    def __init__(self) -> None:
        self._receiver = Receiver(KEY, HOST)

    @property
    def counts(self) -> tuple[int, ...]:
        counts = self._receiver.counts
        return (
            counts.received, counts.bad_crc, counts.bad_signature, counts.replayed, counts.dropped
        )  # fmt: skip

    def feed(self, data: bytes) -> list[bytes]:
        self._receiver.put(data)
        return self._accepted()

    def silence(self) -> list[bytes]:
        frames = []
        while self._receiver.waits:
            self._receiver.give_up()
            frames += self._accepted()
        return frames

    def _accepted(self) -> list[bytes]:
        frames = []
        while (frame := self._receiver.next()) is not None:
            frames.append(frame)
        return frames


def sign(stamp: int, payload: bytes, key: bytes = KEY) -> bytes:
    """A frame of a model's bytes, which may be any."""
    mav = dialect().MAVLink(None, 1, HOST)
    mav.signing.secret_key, mav.signing.sign_outgoing = key, True
    mav.signing.timestamp = stamp
    padded = payload.ljust(224, b"\0")
    return bytes(dialect().MAVLink_cln_model_data_message(1, 0, 224, padded).pack(mav))


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """Frames, junk that looks like frames, frames that were damaged, cut, replayed or forged."""
    parts: list[bytes] = []
    for stamp in range(1, draw(st.integers(1, 8)) + 1):
        payload = draw(
            st.sampled_from([b"\xfd" * 224, b"\xfe" * 200, b"", b"\xfd\xed\x01\x00" * 50])
        )
        frame = sign(stamp, payload)
        kind = draw(st.sampled_from("fffjhcdrkui"))
        if kind == "j":
            parts.append(draw(st.binary(max_size=40)))
        elif kind == "h":  # a header of ours without the rest
            parts.append(frame[: draw(st.integers(1, 12))])
        elif kind == "c":
            parts.append(frame[: draw(st.integers(1, len(frame) - 1))])
            continue
        elif kind == "d":
            at = draw(st.integers(0, len(frame) - 1))
            parts.append(
                frame[:at] + bytes([frame[at] ^ 1 << draw(st.integers(0, 7))]) + frame[at + 1 :]
            )
            continue
        elif kind == "r":
            parts.append(sign(draw(st.integers(1, stamp)), payload))
        elif kind == "k":
            parts.append(sign(stamp, payload, OTHER_KEY))
            continue
        elif kind == "i":  # a frame inside a frame that was signed with another key
            frame = sign(stamp, sign(stamp, b"")[:224], OTHER_KEY)
        elif kind == "u":
            frame = frame[:2] + b"\0" + frame[3:-13]
        parts.append(frame)
    return parts


@given(parts=streams(), data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_receivers_agree_byte_for_byte(
    wire_code: ctypes.CDLL, parts: list[bytes], data: st.DataObject
) -> None:
    in_c, in_python = ReceiverInC(wire_code), ReceiverInPython()
    stream = b"".join(parts)
    while stream:
        chunk = stream[: data.draw(st.integers(1, 600))]
        stream = stream[len(chunk) :]
        assert in_c.feed(chunk) == in_python.feed(chunk)
        assert in_c.counts == in_python.counts
        if data.draw(st.booleans()):
            assert in_c.silence() == in_python.silence()
            assert in_c.counts == in_python.counts


@given(
    junk=st.lists(
        st.sampled_from([b"\xfd", b"\xfe", b"\xfd\xed\x01\x00\x00\x01\xbf\x19\xa4\x00"]),
        max_size=60,
    )
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_frame_is_lost_to_junk_before_it(wire_code: ctypes.CDLL, junk: list[bytes]) -> None:
    frames = [sign(stamp, b"\xfd" * 224) for stamp in range(1, 5)]
    for receiver in (ReceiverInC(wire_code), ReceiverInPython()):
        heard = []
        for frame in frames:
            heard += receiver.feed(b"".join(junk) + frame)
        heard += receiver.silence()
        assert heard == frames
        assert receiver.counts[4] == 4 * len(b"".join(junk))


def test_every_flipped_bit_of_a_frame_is_refused(wire_code: ctypes.CDLL) -> None:
    frame = sign(77, b"mod")
    for bit in range(8 * len(frame)):
        changed = bytearray(frame)
        changed[bit // 8] ^= 1 << bit % 8
        assert judge(changed, KEY, HOST, 0) is not FrameVerdict.WHOLE
        in_c = ReceiverInC(wire_code)
        assert in_c.feed(bytes(changed)) + in_c.silence() == []


def test_a_frame_cut_anywhere_is_no_frame(wire_code: ctypes.CDLL) -> None:
    frame = sign(77, b"model")
    for length in range(len(frame)):
        assert judge(frame[:length], KEY, HOST, 0) is FrameVerdict.SHORT
        for receiver in (ReceiverInC(wire_code), ReceiverInPython()):
            assert receiver.feed(frame[:length]) == []
            assert receiver.feed(frame[length:]) == [frame]


STALLING = b"\xfe" * 9
"""Between two frames: what a line may carry while it is idle. To a stock parser it is a MAVLink 1
frame of 254 bytes, so that it swallows the next real one, and so forth."""


def stalling_stream(frames: int) -> bytes:
    return b"".join(STALLING + sign(stamp, b"\xfe" * 224) for stamp in range(1, frames + 1))


def test_the_stock_python_parser_stalls_and_ours_does_not() -> None:
    assert stock_python(b"".join(sign(stamp, b"") for stamp in range(1, 201))) == 200
    assert stock_python(stalling_stream(200)) == 0
    assert len(ReceiverInPython().feed(stalling_stream(200))) == 200


def stock_python(stream: bytes) -> int:
    """How many of our messages pymavlink's parser finds."""
    stock = dialect().MAVLink(None)
    stock.robust_parsing = True
    stock.signing.secret_key = KEY
    found = stock.parse_buffer(stream) or []
    return sum(message.get_type() == "CLN_MODEL_DATA" for message in found)


@needs(*GCC)
def test_the_stock_c_parser_stalls_and_ours_does_not(
    wire_code: ctypes.CDLL, tmp_path: Path
) -> None:
    generate_c(tmp_path / "wire")
    program = tmp_path / "stock.c"
    program.write_text(
        "#include <colonnade/mavlink.h>\n"
        "#include <stdio.h>\n"
        "int main(void) {\n"
        "    mavlink_message_t message;\n"
        "    mavlink_status_t status;\n"
        "    int count = 0, byte;\n"
        "    while ((byte = getchar()) != EOF)\n"
        "        count += mavlink_parse_char(0, (uint8_t)byte, &message, &status);\n"
        '    printf("%d", count);\n'
        "}\n"
    )
    subprocess.run(
        ["gcc", "-isystem", tmp_path / "wire", program, "-o", tmp_path / "stock"], check=True
    )

    def stock(stream: bytes) -> int:
        done = subprocess.run([tmp_path / "stock"], input=stream, capture_output=True, check=True)
        return int(done.stdout)

    assert stock(b"".join(sign(stamp, b"") for stamp in range(1, 201))) == 200
    assert stock(stalling_stream(200)) == 0
    assert len(ReceiverInC(wire_code).feed(stalling_stream(200))) == 200


@needs(*GCC)
@needs("nm", "binutils")
def test_signatures_are_compared_without_memcmp(tmp_path: Path) -> None:
    """That may stop at the first byte that differs, and its time would tell where."""
    generate_c(tmp_path / "wire")
    words = ["gcc", *FLAGS, "-Os", "-fno-builtin", f"-I{SOURCES}", "-isystem", tmp_path / "wire"]
    subprocess.run([*words, "-c", SOURCES / "link/cln_frame.c"], check=True, cwd=tmp_path)
    told = subprocess.run(
        ["nm", "-u", tmp_path / "cln_frame.o"], capture_output=True, text=True, check=True
    )
    assert "memcpy" in told.stdout
    assert "memcmp" not in told.stdout
