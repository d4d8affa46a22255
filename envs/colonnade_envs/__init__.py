"""The simulated body and world: object sets, sensors, gymnasium environments.

Importing the package registers `Touch-v0` and `Camera-v0`, so that
`gymnasium.make("colonnade_envs:Touch-v0")` works. It needs neither gymnasium nor PyBullet to be
installed before something of them is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from colonnade_envs.camera import CameraEnv
    from colonnade_envs.noise import RawNoise
    from colonnade_envs.touch import TouchEnv

__all__ = ["CameraEnv", "RawNoise", "TouchEnv", "register"]

_HOMES = {
    "CameraEnv": "colonnade_envs.camera",
    "RawNoise": "colonnade_envs.noise",
    "TouchEnv": "colonnade_envs.touch",
}


def register() -> bool:
    """Register the environments with gymnasium; False where it is not installed."""
    try:
        from gymnasium.envs.registration import register as register_env
        from gymnasium.envs.registration import registry
    except ImportError:
        return False
    for name, entry in (("Touch-v0", "touch:TouchEnv"), ("Camera-v0", "camera:CameraEnv")):
        if name not in registry:
            register_env(name, entry_point=f"colonnade_envs.{entry}", max_episode_steps=500)
    return True


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "gymnasium":
            raise ImportError(
                f"{name} needs gymnasium, which is not installed: pip install 'colonnade[sim]'"
            ) from error
        raise


register()
