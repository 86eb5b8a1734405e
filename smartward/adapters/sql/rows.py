"""Rows as the core's structs and back: a column is named as its field."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row

S = TypeVar("S", bound=msgspec.Struct)


def as_row(struct: msgspec.Struct) -> dict[str, Any]:
    """Give a struct's fields as column values."""
    return msgspec.structs.asdict(struct)


def as_struct(row: Row[Any], kind: type[S]) -> S:
    """Give a row as a struct; columns that are no fields are passed over."""
    return msgspec.convert(as_fields(row), kind)


def as_fields(row: Row[Any]) -> dict[str, Any]:
    """Give a row by column name, as plain str: SQLAlchemy's own names are a subclass that msgspec refuses."""
    return {str(name): value for name, value in row._asdict().items()}
