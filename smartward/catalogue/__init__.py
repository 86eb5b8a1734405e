"""The catalogue: kinds of devices, one YAML file each, loaded into frozen types."""

from __future__ import annotations

from smartward.catalogue.load import load
from smartward.catalogue.model import Catalogue, label, response

__all__ = ["Catalogue", "label", "load", "response"]
