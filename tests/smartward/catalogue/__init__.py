"""Tests of the catalogue: its files, its loading, its profiles and its check."""
