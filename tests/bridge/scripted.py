"""The C side of the wire in a shared library, with a mind that follows a script (c/fuzz)."""

from __future__ import annotations

import ctypes
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from colonnade_bridge.wire.dialect import dialect, generate_c
from colonnade_bridge.wire.receiver import CONTROLLER, HOST, Receiver

SOURCES = Path(__file__).parents[2] / "firmware_bridge/colonnade_bridge/c"
FLAGS = ["-std=c99", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror", "-ffp-contract=off"]
KEY = bytes(range(32))
FLASH = 2 * (131072 + 256)
STATES = 2 * 131072
"""Where in flash the two records of the link's state are."""


def build_library(folder: Path) -> ctypes.CDLL:
    """Compile link and scripted mind for this computer."""
    generate_c(folder / "wire")
    files = [*sorted((SOURCES / "link").glob("cln_*.c"))]
    files += [SOURCES / "cln_crc32.c", SOURCES / "cln_error.c"]
    files.append(SOURCES / "fuzz/cln_scripted.c")
    includes = [f"-I{SOURCES}", f"-I{SOURCES / 'link'}", "-isystem", str(folder / "wire")]
    library = folder / "scripted.so"
    subprocess.run(
        ["gcc", *FLAGS, "-O1", "-shared", "-fPIC", *includes, *map(str, files), "-o", str(library)],
        check=True,
    )
    code = ctypes.CDLL(str(library))
    code.cln_scripted_size.restype = ctypes.c_size_t
    code.cln_scripted_run.restype = ctypes.c_size_t
    code.cln_scripted_run.argtypes = [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t
    ]  # fmt: skip
    code.cln_scripted_boot.argtypes = [
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_uint32
    ]  # fmt: skip
    code.cln_strerror.restype = ctypes.c_char_p
    return code


def error(name: str) -> int:
    """The number of CLN_ERROR_`name`."""
    header = (SOURCES / "cln_error.h").read_text()
    found = re.search(rf"CLN_ERROR_{name} = (-\d+)", header)
    assert found is not None, name
    return int(found[1])


class _Facts(ctypes.Structure):
    """The beginning of struct cln_scripted."""

    _fields_ = [
        ("now", ctypes.c_uint64),
        ("step_us", ctypes.c_uint64),
        *(
            (name, ctypes.c_uint32)
            for name in (
                "steps",
                "resets",
                "stops",
                "adopted",
                "writes",
                "power",
                "unfit",
                "forged",
            )
        ),
    ]


class Controller:
    """One emulated controller: its flash outlives `boot`."""

    def __init__(self, code: ctypes.CDLL, key: bytes = KEY, chance: int = 7) -> None:
        self._code, self.key, self.chance = code, key, chance
        self.memory = ctypes.create_string_buffer(code.cln_scripted_size())
        self.flash = ctypes.create_string_buffer(b"\xff" * FLASH, FLASH)
        self.facts = _Facts.from_buffer(self.memory)
        self.error = 0
        self.boot()

    def boot(self, power: int = 0) -> None:
        """Power on; `power`: writes until flash fails, from then on for all, 0: never."""
        self.error = self._code.cln_scripted_boot(
            self.memory, self.flash, self.key, self.chance, power
        )

    def run(self, data: bytes = b"", wait: float = 0.0) -> bytes:
        """What it sends after `wait` seconds of its clock, having got some bytes."""
        self.facts.now += round(wait * 1e6)
        out = ctypes.create_string_buffer(4096)
        count = self._code.cln_scripted_run(self.memory, data, len(data), out, 4096)
        return out.raw[:count]


class Host:
    """A host that signs what the test says and hears what the controller says; no dialogue."""

    def __init__(self, controller: Controller, key: bytes = KEY, stamp: int = 10**12) -> None:
        self.controller = controller
        self.mav = dialect().MAVLink(None, 1, HOST)
        self.mav.signing.secret_key, self.mav.signing.sign_outgoing = key, True
        self.mav.signing.timestamp = stamp
        self.receiver = Receiver(controller.key, CONTROLLER)
        self.session = 0
        self.sequence = 0

    def greet(self) -> Self:
        """Open a session, with stamps later than those of the heartbeat after boot."""
        self.hear(self.controller.run(wait=0.5))
        beats = [m for m in self.say(self.hello(5)) if m.get_type() == "CLN_HEARTBEAT"]
        beat = next(m for m in beats if m.challenge == 5)
        self.session, self.sequence = beat.session, beat.sequence
        return self

    def frame(self, message: Any) -> bytes:
        self.mav.seq = (self.mav.seq + 1) % 256
        return bytes(message.pack(self.mav))

    def hear(self, data: bytes) -> list[Any]:
        self.receiver.put(data)
        heard = []
        while (frame := self.receiver.next()) is not None:
            heard.append(dialect().MAVLink(None).decode(bytearray(frame)))
        self.mav.signing.timestamp = max(self.mav.signing.timestamp, self.receiver.heard + 1)
        return heard

    def say(self, *messages: Any) -> list[Any]:
        """What the controller answers at once."""
        return self.hear(self.controller.run(b"".join(map(self.frame, messages))))

    def hello(self, challenge: int) -> Any:
        return dialect().MAVLink_cln_heartbeat_message(self.session, challenge, 0, 0, 0, 0, 0, 0)

    def next(self) -> int:
        self.sequence += 1
        return self.sequence

    def percept(self, row: Any, *, patch: int = 0, patches: int = 1, deadline: int = 0,
                sequence: int | None = None, wants: int = 0) -> Any:  # fmt: skip
        number = self.next() if sequence is None else sequence
        values = [float(value) for value in row]
        return dialect().MAVLink_cln_percept_message(
            self.session, number, values, deadline, patch, patches, wants
        )

    def command(self, command: int, sequence: int | None = None) -> Any:
        number = self.next() if sequence is None else sequence
        return dialect().MAVLink_cln_command_message(self.session, number, command)

    def begin(self, blob: bytes, number: int, **other: int) -> Any:
        values = {"length": len(blob), "crc": crc32(blob), **other}
        return dialect().MAVLink_cln_model_begin_message(
            self.session, number, self.next(), values["length"], values["crc"]
        )

    def chunk(self, blob: bytes, offset: int) -> Any:
        part = blob[offset : offset + 224]
        return dialect().MAVLink_cln_model_data_message(
            self.session, offset, len(part), part.ljust(224, b"\0")
        )

    def upload(self, blob: bytes, number: int) -> Any:
        """Send a whole model; the status after it was committed."""
        self.say(self.begin(blob, number))
        for offset in range(0, len(blob), 224):
            self.say(self.chunk(blob, offset))
        (status,) = self.say(self.command(dialect().CLN_DO_COMMIT))
        return status

    def report(self) -> Any:
        """The controller's telemetry."""
        return self.say(self.command(dialect().CLN_DO_REPORT))[0]


def model(number: int = 1, length: int = 3000) -> tuple[bytes, int]:
    """A blob that the scripted mind takes for a model, and its hash."""
    body = np.random.default_rng(number).bytes(length - 13)
    return b"MODEL" + number.to_bytes(8, "little") + body, number


Rows = list[NDArray[np.float32]]


def rows(count: int, patches: int = 2) -> Rows:
    rng = np.random.default_rng(count)
    return [rng.normal(size=(patches, 18)).astype(np.float32) for _ in range(count)]


def evidence(steps: Rows) -> float:
    """What the scripted mind's evidence is after these steps, each taken once."""
    return float(sum((s.astype(np.float64) * np.arange(1.0, 19.0)).sum() for s in steps))


class Served:
    """A controller behind something that moves bytes, in a thread of its own and in real time."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self._lock = threading.Lock()
        self._begin = time.monotonic()

    def pass_on(self, data: bytes) -> bytes:
        """Bytes of the host to the controller, and its own back."""
        with self._lock:
            now = round((time.monotonic() - self._begin) * 1e6)
            self.controller.facts.now = max(self.controller.facts.now, now)
            return self.controller.run(data)

    def reset(self) -> None:
        """Pull its reset line."""
        with self._lock:
            self.controller.boot()
            self._begin = time.monotonic()


@contextmanager
def behind(run: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run a function in a thread until the block is left."""
    over = threading.Event()
    thread = threading.Thread(target=run, args=(over,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(5)
