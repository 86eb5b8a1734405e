"""Real servers as fixtures: on loopback, on a free port, stopped by pid."""
