"""Tests of the demo's invented ward."""
