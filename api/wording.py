"""How an alert is put into words is the core's; the console and the API take it from here."""

from __future__ import annotations

from smartward.wording import number, rule_of, shown, title, written

__all__ = ["number", "rule_of", "shown", "title", "written"]
