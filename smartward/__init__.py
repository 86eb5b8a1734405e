"""smartward: the language of the ward, pure meaning first, adapters last."""

__version__ = "0.1.0"
