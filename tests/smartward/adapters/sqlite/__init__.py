"""Tests of the embedded telemetry store beyond what its port's contract suite holds."""
