"""The tests: they mirror the source path, and a test's name is its promise."""
