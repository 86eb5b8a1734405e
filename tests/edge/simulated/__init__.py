"""Tests of the simulated sensors: the laws they keep."""
