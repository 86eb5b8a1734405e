"""Telling people: a queue on disk and its own loop."""
