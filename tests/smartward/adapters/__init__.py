"""Tests of the adapters beyond what their ports' contract suites hold."""
