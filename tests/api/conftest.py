"""The house that all tests of the API live in."""

from __future__ import annotations

from tests.api.house import house

__all__ = ["house"]
