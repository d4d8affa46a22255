"""Policies: where the sensor goes next."""
