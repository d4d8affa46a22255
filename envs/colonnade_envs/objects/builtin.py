"""The built-in set: household-like objects of our own making, nothing to download."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from colonnade_envs.objects import cache, making
from colonnade_envs.objects.making import cutlery, food, packages, tools, toys, vessels
from colonnade_envs.objects.making.model import Model
from colonnade_envs.objects.mesh import ObjectMesh
from colonnade_envs.objects.object_set import ObjectSet, ObjectSetError
from colonnade_envs.objects.stored import from_arrays, to_arrays

__all__ = ["GENERATORS", "make_object", "open_builtin"]

GENERATORS: dict[str, Callable[[Model], None]] = {
    "mug": vessels.mug,
    "cup": vessels.cup,
    "can": packages.can,
    "soup_can": packages.soup_can,
    "bowl": vessels.bowl,
    "plate": vessels.plate,
    "bottle": packages.bottle,
    "spoon": cutlery.spoon,
    "fork": cutlery.fork,
    "knife": cutlery.knife,
    "hammer": tools.hammer,
    "wrench": tools.wrench,
    "screwdriver": tools.screwdriver,
    "box": packages.box,
    "cereal_box": packages.cereal_box,
    "brick": toys.brick,
    "die": toys.die,
    "ball": toys.plain_ball,
    "beach_ball": toys.beach_ball,
    "banana": food.banana,
    "ring": toys.torus,
    "pan": vessels.pan,
    "funnel": vessels.funnel,
    "teapot": vessels.teapot,
    "vase": vessels.vase,
    "dumbbell": toys.dumbbell,
    "bolt": tools.bolt,
    "nut": tools.nut,
    "key": tools.key,
    "padlock": tools.padlock,
    "paintbrush": tools.paintbrush,
    "toy_car": toys.toy_car,
    "duck": toys.duck,
    "top": toys.top,
    "apple": food.apple,
    "pear": food.pear,
    "egg": food.egg,
    "carrot": food.carrot,
    "mushroom": food.mushroom,
}
"""Name -> generator, the order of the set."""


@dataclass(frozen=True)
class BuiltinSource:
    """An object that is made."""

    def load(self, name: str) -> ObjectMesh:
        """Make it, or take it from the cache."""
        key = f"{name}|{_revision()}"
        stored = cache.fetch("builtin", key)
        mesh = from_arrays(name, stored) if stored is not None else None
        if mesh is None:
            mesh = make_object(name)
            cache.store("builtin", key, to_arrays(mesh))
        return mesh


def make_object(name: str) -> ObjectMesh:
    """Make one object anew, equal to the bit each time; raises ObjectSetError for no such name."""
    if name not in GENERATORS:
        raise ObjectSetError(f"there is no built-in object '{name}'.")
    model = Model(name)
    GENERATORS[name](model)
    return model.finish()


@lru_cache(maxsize=1)
def _revision() -> str:
    """Changes with the source of the generators and the library below them."""
    digest = hashlib.blake2b(version("manifold3d").encode(), digest_size=8)
    for source in sorted(Path(making.__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def open_builtin() -> ObjectSet:
    """All built-in objects, made when they are asked for."""
    return ObjectSet("builtin", dict.fromkeys(GENERATORS, BuiltinSource()))
