"""Simulated sensors: one seeded world, and what every kind of device would say of it."""
