"""A model as C: its bytes as an array, and what a program must know of it as a header."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence

import numpy as np

from colonnade_bridge.blob import EdgeModel
from colonnade_bridge.edge import column_bytes

__all__ = ["array_of", "header_of", "identifiers", "words_of"]

WORDS_IN_A_LINE = 8
POINTERS = 128
"""Bytes that a column takes more where addresses have 64 bits."""

_HEADER = """\
/* The exported model: what a program must know of it. Written by `colonnade export`. */
#ifndef CLN_CONFIG_H
#define CLN_CONFIG_H

#include <stdint.h>

/* First eight bytes of the model's hash, by which the link calls it. */
#define CLN_MODEL_HASH 0x{hash:016X}ull

/* Bytes of the blob; cln_model_data.c holds it, docs/spec/blob.md says what they mean. */
#define CLN_MODEL_BYTES {bytes}u

/* RAM for its column: `static uint64_t memory[CLN_COLUMN_WORDS];` */
#define CLN_COLUMN_BYTES ({column}u + (sizeof(void *) > 4 ? {pointers}u : 0u))
#define CLN_COLUMN_WORDS ((CLN_COLUMN_BYTES + 7u) / 8u)

/* How far the sensor must see, m, and how many percepts of an episode are remembered. */
#define CLN_MODEL_REACH {reach}f
#define CLN_MODEL_PERCEPTS {percepts}

/* The objects, by the numbers that decisions have. */
enum {{
{objects}
    CLN_OBJECT_COUNT = {count}
}};

/* The blob, in words of this byte order: cln_model_open refuses it where the order is another. */
#ifdef __cplusplus
extern "C"
#else
extern
#endif
const uint32_t cln_model_data[(CLN_MODEL_BYTES + 3u) / 4u];

#endif
"""


def array_of(blob: bytes) -> str:
    """A C file that defines `cln_model_data`, the blob in aligned words."""
    return (
        '/* Written by `colonnade export`. */\n#include "cln_config.h"\n\n'
        "const uint32_t cln_model_data[(CLN_MODEL_BYTES + 3u) / 4u] = {\n"
        f"{words_of(blob)}\n}};\n"
    )


def words_of(blob: bytes) -> str:
    """The words of a blob, as an array of uint32_t lists them."""
    words = np.frombuffer(blob + bytes(-len(blob) % 4), "<u4")
    return "\n".join(
        "    " + " ".join(f"0x{word:08X}u," for word in words[i : i + WORDS_IN_A_LINE])
        for i in range(0, len(words), WORDS_IN_A_LINE)
    )


def header_of(blob: bytes, model: EdgeModel) -> str:
    """`cln_config.h`: sizes, names and the hash of a model."""
    names = model.memory.names
    objects = [
        f"    {word} = {number}, /* {_comment(name)} */"
        for number, (word, name) in enumerate(zip(identifiers(names), names, strict=True))
    ]
    reach = float(model.settings.reach)
    return _HEADER.format(
        hash=int.from_bytes(blob[16:24], "little"),
        bytes=len(blob),
        column=column_bytes(model),
        pointers=POINTERS,
        reach=f"{reach:.9g}" if "." in f"{reach:.9g}" else f"{reach:.9g}.0",
        percepts=model.percepts,
        objects="\n".join(objects),
        count=len(names),
    )


def identifiers(names: Sequence[str]) -> list[str]:
    """One C identifier for each name, all different: `CLN_OBJECT_` and its letters and digits."""
    words: list[str] = []
    for name in names:
        letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
        word = "_".join("".join(c if c.isalnum() else " " for c in letters).split()) or "NAMELESS"
        taken, number = f"CLN_OBJECT_{word}", 2
        while taken in {*words, "CLN_OBJECT_COUNT"}:
            taken, number = f"CLN_OBJECT_{word}_{number}", number + 1
        words.append(taken)
    return words


def _comment(name: str) -> str:
    """The name as it can stand in a comment."""
    spelt = json.dumps(name)
    return spelt.replace("*/", "* /").replace("/*", "/ *")
