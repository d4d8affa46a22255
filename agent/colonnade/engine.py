"""The seam between running things and doing them: everything heavy is imported in here, late.

Commands, workers and reports reach the mind and the body through these functions only, so
that ``colonnade --help`` stays instant, and so that a test can put another module in this
one's place (`Engine` names what it must offer).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from colonnade.episode import Episode
from colonnade.episode_options import EpisodeOptions
from colonnade.flags import Body, Noise
from colonnade.installing import how_to_install
from colonnade.report.view import View

__all__ = [
    "ENGINE",
    "Engine",
    "MissingExtraError",
    "SurfelCloud",
    "UnlearnableError",
    "build_memory",
    "contact_sheet",
    "enlarged",
    "learn",
    "load_engine",
    "load_felt",
    "load_learned",
    "load_memory",
    "meet",
    "memory_bytes",
    "mesh_digest",
    "new_mind",
    "open_set",
    "prepare",
    "recognise",
    "save_felt",
    "save_learned",
    "save_memory",
    "snapshot",
    "surfel_cloud",
    "surfel_count",
]

ENGINE = "colonnade.engine"
"""This module: what commands reach the mind and the body through, unless told another."""

_EXTRA = ("gymnasium", "pybullet", "trimesh", "manifold3d", "PIL", "scipy", "pyarrow", "matplotlib")


class MissingExtraError(RuntimeError):
    """Something needs the `sim` extra, which is not installed."""

    @classmethod
    def from_import(cls, error: ImportError) -> MissingExtraError | None:
        """The error in words, when what could not be imported belongs to the extra."""
        module = (error.name or "").partition(".")[0]
        if module not in _EXTRA:
            return None
        return cls(
            f"This needs {module}, which is not installed: "
            f"{how_to_install('sim', ['pillow' if module == 'PIL' else module])} "
            "(then `colonnade doctor` checks it)."
        )


class UnlearnableError(RuntimeError):
    """The sensor got nothing of an object; the message is one sentence that names the object."""


class SurfelCloud(NamedTuple):
    """What a picture of a learned object needs."""

    position: NDArray[np.float32]
    """(N, 3) metres, in the object's reference frame."""
    normal: NDArray[np.float32]
    """(N, 3) unit vectors, outwards."""
    colour: NDArray[np.float32]
    """(N, 3) red, green, blue, 0..1."""


class Engine(Protocol):
    """What a module must offer to stand in the place of this one."""

    def prepare(self, say: Callable[[str], None]) -> None: ...
    def open_set(self, spec: str, names: Sequence[str] | None, scale: float) -> Any: ...
    def enlarged(self, mesh: Any, times: float) -> Any: ...
    def mesh_digest(self, mesh: Any) -> str: ...
    def learn(self, mesh: Any, *, body: Body, seed: int, views: int) -> Any: ...
    def save_learned(self, path: Path, learned: Any) -> None: ...
    def load_learned(self, path: Path) -> Any: ...
    def build_memory(self, learned: Sequence[Any]) -> Any: ...
    def save_memory(self, path: Path, memory: Any) -> None: ...
    def load_memory(self, path: Path) -> Any: ...
    def memory_bytes(self, memory: Any) -> tuple[int, int]: ...
    def recognise(
        self,
        memory: Any,
        mesh: Any,
        rotation: NDArray[np.float64],
        options: EpisodeOptions,
        *,
        seed: int,
    ) -> Episode: ...
    def new_mind(self, seed: int) -> Any: ...
    def meet(
        self,
        mind: Any,
        mesh: Any,
        rotation: NDArray[np.float64],
        *,
        body: Body,
        noise: Noise,
        seed: int,
        max_steps: int,
    ) -> Any: ...
    def save_felt(self, path: Path, felt: Any) -> None: ...
    def load_felt(self, path: Path) -> Any: ...
    def surfel_count(self, learned: Any) -> int: ...
    def surfel_cloud(self, learned: Any) -> SurfelCloud: ...
    def snapshot(self, mesh: Any, view: View, size: int) -> NDArray[np.uint8]: ...
    def contact_sheet(self, meshes: Sequence[Any], path: Path, title: str) -> None: ...


def load_engine(name: str) -> Engine:
    """The engine of that module name; workers get the name, not the module."""
    return cast(Engine, importlib.import_module(name))


def prepare(say: Callable[[str], None]) -> None:
    """Compile what learning and recognition run, if that was not done yet."""
    from colonnade.warm_up import warm_up

    warm_up(say)


def open_set(spec: str, names: Sequence[str] | None, scale: float) -> Mapping[str, Any]:
    """The object set `spec`, lazily loaded; see `colonnade_envs.objects.open_object_set`."""
    from colonnade_envs.objects import open_object_set

    return cast(
        Mapping[str, Any], open_object_set(spec, list(names) if names else None, scale=scale)
    )


def enlarged(mesh: Any, times: float) -> Any:
    """An object that many times as large."""
    return mesh.enlarged(times)


def mesh_digest(mesh: Any) -> str:
    """What tells a mesh from others, whatever its file is called: hashes with a + between them.

    Of its files, where it has some; and of all that can be felt and seen, as it was read.
    """
    return "+".join(filter(None, (mesh.origin, mesh.digest)))


def learn(mesh: Any, *, body: Body, seed: int, views: int) -> Any:
    """Explore one object, or look at it from `views` sides only if that is not 0, and learn it.

    May raise UnlearnableError.
    """
    if views:
        from colonnade.learning_views import learn_views

        return learn_views(mesh, views, body=body, seed=seed)
    from colonnade.learning import learn_object

    return learn_object(mesh, body=body, seed=seed)


def save_learned(path: Path, learned: Any) -> None:
    """Write one learned object to `path`."""
    from colonnade_models.model_file import save_object

    save_object(path, learned)


def load_learned(path: Path) -> Any:
    """Read one learned object; ModelFileError when the file is damaged."""
    from colonnade_models.model_file import load_object

    return load_object(path)


def build_memory(learned: Sequence[Any]) -> Any:
    """One memory of these objects, in this order."""
    from colonnade_models.memory import ObjectMemory

    return ObjectMemory(learned)


def save_memory(path: Path, memory: Any) -> None:
    """Write a whole memory to `path`."""
    from colonnade_models.model_file import save_model

    save_model(path, memory)


def load_memory(path: Path) -> Any:
    """Read a whole memory; ModelFileError when the file is damaged."""
    from colonnade_models.model_file import load_model

    return load_model(path)


def memory_bytes(memory: Any) -> tuple[int, int]:
    """How much of the computer's memory the arrays take that recognition reads.

    All of them, and the share of it that holds the objects which are awake.
    """

    def size(value: Any) -> int:
        return sum(map(size, value)) if isinstance(value, tuple) else int(value.nbytes)

    arrays = memory.arrays
    awake = (arrays.surfels, arrays.table, arrays.blocks, arrays.filed, arrays.wakefulness)
    return size(arrays), size(awake)


def recognise(
    memory: Any,
    mesh: Any,
    rotation: NDArray[np.float64],
    options: EpisodeOptions,
    *,
    seed: int,
) -> Episode:
    """One recognition episode of `mesh` turned by `rotation` (4,) xyzw."""
    from colonnade.recognition import recognise as recognise_object

    return recognise_object(memory, mesh, rotation, options, seed=seed)


def new_mind(seed: int) -> Any:
    """A `colonnade.mind.Mind` that knows nothing yet."""
    from colonnade.mind import Mind

    return Mind(seed)


def meet(
    mind: Any,
    mesh: Any,
    rotation: NDArray[np.float64],
    *,
    body: Body,
    noise: Noise,
    seed: int,
    max_steps: int,
) -> Any:
    """One episode without names, see `colonnade.meeting.meet`; may raise UnlearnableError."""
    from colonnade.meeting import meet as meet_object

    return meet_object(mind, mesh, rotation, body=body, noise=noise, seed=seed, max_steps=max_steps)


def save_felt(path: Path, felt: Any) -> None:
    """Write what memory keeps of one episode."""
    from colonnade.felt_file import save_felt as save

    save(path, felt)


def load_felt(path: Path) -> Any:
    """Read it again; FeltFileError when the file is damaged."""
    from colonnade.felt_file import load_felt as load

    return load(path)


def snapshot(mesh: Any, view: View, size: int) -> NDArray[np.uint8]:
    """A picture (size, size, 3) of a mesh in its own frame, seen by the report's camera."""
    from scipy.spatial.transform import Rotation

    from colonnade_envs.render import snapshot as render

    right, up, backward = view.axes
    turn = Rotation.from_matrix(np.column_stack([right, -up, -backward]))
    pose = np.concatenate([view.centre + view.distance * backward, turn.as_quat()])
    fov_deg = 2.0 * np.degrees(np.arctan(0.5 / view.focal))
    return render(mesh, camera_pose=pose, fov_deg=float(fov_deg), size=size)


def contact_sheet(meshes: Sequence[Any], path: Path, title: str) -> None:
    """Draw all meshes on one PNG."""
    from colonnade_envs.objects.sheet import contact_sheet as draw

    draw(meshes, path, title)


def surfel_count(learned: Any) -> int:
    """How many surfels a learned object has."""
    return len(learned.surfels.position)


def surfel_cloud(learned: Any) -> SurfelCloud:
    """The surfels of a learned object, ready to be drawn."""
    from colonnade_models.numerics import hsv_to_rgb

    surfels = learned.surfels
    colour = np.array([hsv_to_rgb(*hsv) for hsv in surfels.colour_hsv], np.float32)
    return SurfelCloud(surfels.position, surfels.normal, colour)
