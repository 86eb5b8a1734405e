"""The demo: an invented ward, alive on one machine."""
