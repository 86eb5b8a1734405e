"""Ingest: believes nothing that it has not written to disk, and decides alerts where the data arrives."""
