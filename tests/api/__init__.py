"""Tests of the API: its decisions alone, its resources over HTTP, its stream over a real server."""
