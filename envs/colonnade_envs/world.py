"""The world in PyBullet: it holds the object at its pose and, when asked, moves it by physics.

The only module that imports PyBullet, and not before a World is made: there are wheels of it only
for CPython up to 3.11 on x86-64 Linux, and sensing does not need it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from colonnade_envs.objects import ObjectMesh
from colonnade_envs.poses import IDENTITY, matrix_of, pose_inverse, pose_product

__all__ = ["World", "WorldError"]

_STEP = 1.0 / 240.0  # seconds
_SETTLE = 3.0  # seconds that an object gets to come to rest
_DENSITY = 300.0  # kg per cubic metre of hull: household things are hollow
_TIP = 0.008  # metres, radius of the fingertip
_SPEED = 0.1  # metres a second that a push moves
_FORCE = 20.0  # newton that the fingertip pushes with at most
_MOST_VERTICES = 131_072  # PyBullet's own limits of a mesh
_MOST_TRIANGLES = 524_288 // 3
_BATCH = 8192  # rays in one call of rayTestBatch


class WorldError(RuntimeError):
    """PyBullet is missing or refused something; the message says what to do."""


class World:
    """One object in a PyBullet client of its own (DIRECT: no window, no server).

    With physics off the object is a fixed concave triangle mesh, exactly the one that the rays of
    `bvh` see. With physics on it is a set of convex pieces under gravity, on a table in the plane
    z = 0. Raises WorldError where PyBullet is missing.
    """

    def __init__(self, *, physics: bool = False) -> None:
        try:
            import pybullet
        except ImportError as error:
            raise WorldError(
                "PyBullet is not installed, and it has wheels only for Python 3.11 on x86-64 "
                "Linux: pip install 'colonnade[sim]' there, or use physics=False elsewhere"
            ) from error
        self.physics = physics
        self._bullet: Any = pybullet
        self._client: int = pybullet.connect(pybullet.DIRECT)
        if self._client < 0:
            raise WorldError("PyBullet gave no connection (1,024 at most): close() environments")
        self._object = -1
        self._inertial = IDENTITY.copy()

    @property
    def client(self) -> int:
        """PyBullet's number of the connection, for calls of your own."""
        return self._client

    @property
    def object_id(self) -> int:
        """PyBullet's number of the object, -1 before the first `place`."""
        return self._object

    def place(self, mesh: ObjectMesh, pose: ArrayLike) -> NDArray[np.float64]:
        """Replace the object; returns its pose (7,).

        pose: (7,) of the mesh's own frame in the world. With physics the object is put upright
        as it is just above the table, falls, and comes to rest first. Raises WorldError with
        physics off for a mesh that is too large for PyBullet.
        """
        bullet, client = self._bullet, self._client
        count, triangles = len(mesh.vertices), len(mesh.faces)
        if not self.physics and (count > _MOST_VERTICES or triangles > _MOST_TRIANGLES):
            raise WorldError(
                f"{mesh.name!r} has {count:,} vertices and {triangles:,} triangles, and PyBullet "
                f"takes {_MOST_VERTICES:,} and {_MOST_TRIANGLES:,} at most: reduce the mesh, use "
                "physics=True, which needs its convex pieces only, or do without `world`, as "
                "sensing does"
            )
        goal = np.array(pose, np.float64)
        bullet.resetSimulation(physicsClientId=client)  # the same seed, the same bits
        if not self.physics:
            shape = bullet.createCollisionShape(
                bullet.GEOM_MESH,
                vertices=mesh.vertices.tolist(),
                indices=mesh.faces.ravel().tolist(),
                flags=bullet.GEOM_FORCE_CONCAVE_TRIMESH,
                physicsClientId=client,
            )
            self._object = bullet.createMultiBody(0.0, shape, physicsClientId=client)
            self._inertial = IDENTITY.copy()
            self._set(goal)
            return goal
        bullet.setTimeStep(_STEP, physicsClientId=client)
        bullet.setGravity(0.0, 0.0, -9.81, physicsClientId=client)
        bullet.setPhysicsEngineParameter(deterministicOverlappingPairs=1, physicsClientId=client)
        table = bullet.createMultiBody(
            0.0,
            bullet.createCollisionShape(bullet.GEOM_PLANE, physicsClientId=client),
            physicsClientId=client,
        )
        bullet.changeDynamics(table, -1, lateralFriction=0.8, physicsClientId=client)
        self._make_solid(mesh)
        lowest = (mesh.vertices @ matrix_of(goal[3:])[2]).min()
        goal[2] = 0.001 - lowest
        self._set(goal)
        self._rest()
        return self.pose()

    def pose(self) -> NDArray[np.float64]:
        """(7,) of the object's own frame in the world, as PyBullet holds it."""
        position, quaternion = self._bullet.getBasePositionAndOrientation(
            self._object, physicsClientId=self._client
        )
        return pose_product(np.array([*position, *quaternion]), pose_inverse(self._inertial))

    def push(self, point: ArrayLike, direction: ArrayLike, distance: float) -> NDArray[np.float64]:
        """Push with a fingertip, a sphere of 8 mm radius; returns the object's pose (7,) at rest.

        point: (3,) of the surface in the world that the fingertip touches; direction: (3,) of the
        push, unit length; distance: metres that the fingertip goes on from there. It leaves
        before the object comes to rest. Raises WorldError with physics off.
        """
        if not self.physics:
            raise WorldError("nothing can be pushed with physics off: use physics=True")
        bullet, client = self._bullet, self._client
        ahead = np.asarray(direction, np.float64)
        start = np.asarray(point, np.float64) - ahead * (_TIP + 0.001)
        tip = bullet.createMultiBody(
            0.5,
            bullet.createCollisionShape(bullet.GEOM_SPHERE, radius=_TIP, physicsClientId=client),
            basePosition=start.tolist(),
            physicsClientId=client,
        )
        bullet.setCollisionFilterPair(tip, 0, -1, -1, 0, physicsClientId=client)  # not the table
        hold = bullet.createConstraint(
            tip,
            -1,
            -1,
            -1,
            bullet.JOINT_FIXED,
            [0] * 3,
            [0] * 3,
            start.tolist(),
            physicsClientId=client,
        )
        steps = max(1, round((distance + 0.001) / (_SPEED * _STEP)))
        for i in range(1, steps + 1):
            place = start + ahead * ((distance + 0.001) * i / steps)
            bullet.changeConstraint(hold, place.tolist(), maxForce=_FORCE, physicsClientId=client)
            bullet.stepSimulation(physicsClientId=client)
        bullet.removeConstraint(hold, physicsClientId=client)
        bullet.removeBody(tip, physicsClientId=client)
        self._rest()
        return self.pose()

    def rays(
        self, origins: ArrayLike, ends: ArrayLike
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """PyBullet's own ray test, to compare with: hit (R,) and points (R, 3), NaN without a hit.

        origins, ends: (R, 3) in the world. With physics off both see the same triangles from both
        sides. On 80,000 random rays against scans no mask differed and points differed by less
        than 1e-7 m. What may differ is a ray within about 1e-9 m of an outline: PyBullet widens
        each triangle by a ten-thousandth of its size, `bvh` by nothing. Convex pieces (physics
        on) fill small hollows that `bvh` looks into.
        """
        start, stop = np.atleast_2d(origins), np.atleast_2d(ends)
        results: list[Any] = []
        for i in range(0, len(start), _BATCH):
            results += self._bullet.rayTestBatch(
                start[i : i + _BATCH].tolist(),
                stop[i : i + _BATCH].tolist(),
                physicsClientId=self._client,
            )
        hit = np.array([result[0] == self._object for result in results])
        points = np.array([result[3] for result in results])
        points[~hit] = np.nan
        return hit, points

    def close(self) -> None:
        """Disconnect; may be called twice."""
        if self._client >= 0:
            self._bullet.disconnect(physicsClientId=self._client)
            self._client = self._object = -1

    def _set(self, pose: NDArray[np.float64]) -> None:
        base = pose_product(pose, self._inertial)
        self._bullet.resetBasePositionAndOrientation(
            self._object, base[:3].tolist(), base[3:].tolist(), physicsClientId=self._client
        )

    def _make_solid(self, mesh: ObjectMesh) -> None:
        """The object as convex pieces with the mass of a household thing."""
        from colonnade_envs.convex import convex_pieces, volume_and_centre

        bullet, client = self._bullet, self._client
        pieces = convex_pieces(mesh)
        volume, centre = volume_and_centre(pieces)
        with tempfile.TemporaryDirectory() as folder:
            # PyBullet reads several hulls as one shape only from a file
            path = Path(folder) / "pieces.obj"
            lines, count = [], 1
            for number, (vertices, faces) in enumerate(pieces):
                lines.append(f"o piece{number}")
                lines += [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in vertices - centre]
                lines += [f"f {a} {b} {c}" for a, b, c in faces + count]
                count += len(vertices)
            path.write_text("\n".join(lines) + "\n")
            shape = bullet.createCollisionShape(
                bullet.GEOM_MESH, fileName=str(path), physicsClientId=client
            )
        self._object = bullet.createMultiBody(
            float(np.clip(volume * _DENSITY, 0.01, 2.0)), shape, physicsClientId=client
        )
        self._inertial = np.array([*centre, 0.0, 0.0, 0.0, 1.0])
        bullet.changeDynamics(
            self._object,
            -1,
            lateralFriction=0.6,
            rollingFriction=0.0005,
            spinningFriction=0.0005,
            linearDamping=0.1,
            angularDamping=0.3,
            physicsClientId=client,
        )

    def _rest(self) -> None:
        """Step until the object lies still, at most 3 s."""
        bullet, client = self._bullet, self._client
        still = 0
        for _ in range(round(_SETTLE / _STEP)):
            bullet.stepSimulation(physicsClientId=client)
            linear, angular = bullet.getBaseVelocity(self._object, physicsClientId=client)
            slow = sum(v * v for v in linear) < 1e-5 and sum(v * v for v in angular) < 1e-2
            still = still + 1 if slow else 0
            if still >= 12:
                return
