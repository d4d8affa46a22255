"""The simulated body and world: object sets, sensors, gymnasium environments."""
