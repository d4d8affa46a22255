"""The objects that an installed pybullet_data brings along, at household size."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from colonnade_envs.objects.files import load_file
from colonnade_envs.objects.mesh import ObjectMesh
from colonnade_envs.objects.object_set import ObjectSet, ObjectSetError

__all__ = ["data_folder", "expand_random", "open_pybullet", "open_random"]

RANDOM_SHAPES = 1000
"""pybullet_data/random_urdfs counts from 000 to 999."""

SHIPPED: dict[str, tuple[str, float]] = {
    "duck": ("duck_vhacd.urdf", 1.0),
    "teddy": ("teddy_vhacd.urdf", 1.0),
    "bunny": ("bunny.obj", 0.06),
    "soccer_ball": ("soccerball.urdf", 0.22),
    "checker_ball": ("sphere_small.urdf", 1.0),
    "mug": ("objects/mug.urdf", 1.0),
    "lego": ("lego/lego.urdf", 1.0),
    "domino": ("domino/domino.urdf", 1.0),
    "jenga": ("jenga/jenga.urdf", 1.0),
    "cube": ("cube_small.urdf", 1.0),
    "block": ("block.urdf", 1.0),
    "torus": ("torus/torus_textured.obj", 0.1),
    "tray": ("tray/tray.urdf", 0.5),
    "toy_table": ("table/table.urdf", 0.1),
    "checker_table": ("table_square/table_square.urdf", 0.15),
    "toy_robot": ("r2d2.urdf", 0.15),
    "race_car": ("racecar/racecar.urdf", 0.4),
    "robot_arm": ("kuka_iiwa/model.urdf", 0.2),
    "robot_dog": ("quadruped/minitaur.urdf", 0.4),
}
"""Object name -> (file in pybullet_data, factor that makes it household size)."""

_RANGE = re.compile(r"random(?::(\d{1,4})(?:-(\d{1,4}))?)?")


@dataclass(frozen=True)
class ShippedSource:
    """An object of pybullet_data."""

    file: str
    scale: float = 1.0

    def load(self, name: str) -> ObjectMesh:
        """Read it from the installed package; raises MeshError."""
        return load_file(name, data_folder() / self.file, self.scale)


def data_folder() -> Path:
    """The folder of the installed pybullet_data; raises ObjectSetError where it is missing."""
    found = importlib.util.find_spec("pybullet_data")
    if found is None or not found.submodule_search_locations:
        raise ObjectSetError(
            "the sets pybullet and random come with the package pybullet, which is not "
            "installed: pip install 'colonnade[sim]' on CPython 3.11, x86-64 Linux, or use builtin."
        )
    return Path(next(iter(found.submodule_search_locations)))


def open_pybullet(names: Sequence[str] = ()) -> ObjectSet:
    """The household objects of pybullet_data, and the random shapes that `names` asks for."""
    folder = data_folder()
    sources = {
        name: ShippedSource(file, scale)
        for name, (file, scale) in SHIPPED.items()
        if (folder / file).is_file()
    }
    sources |= {name: _random_source(name) for name in names if name.startswith("random:")}
    return ObjectSet("pybullet", sources)


def open_random(spec: str) -> ObjectSet:
    """PyBullet's random shapes: `random:000-049`, `random:007` or `random` for all 1,000."""
    data_folder()
    return ObjectSet(spec, {name: _random_source(name) for name in expand_random(spec)})


def expand_random(name: str) -> list[str]:
    """['random:000', ...] of a range like `random:000-049`; any other name as it is."""
    if name.partition(":")[0] != "random":
        return [name]
    match = _RANGE.fullmatch(name)
    first, last = 0, RANDOM_SHAPES - 1
    if match and match[1]:
        first = int(match[1])
        last = int(match[2]) if match[2] else first
    if not match or not first <= last < RANDOM_SHAPES:
        raise ObjectSetError(
            f"'{name}' is no range of random shapes: "
            "write random:000-049 (000 to 999) or random:007."
        )
    return [f"random:{number:03d}" for number in range(first, last + 1)]


def _random_source(name: str) -> ShippedSource:
    number = name.partition(":")[2]
    return ShippedSource(f"random_urdfs/{number}/{number}.urdf")
