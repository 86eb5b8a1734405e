"""Loading: the package's own YAML files, one per device type, into one frozen Catalogue under a profile."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

from smartward.alert import Severity
from smartward.catalogue import text
from smartward.catalogue.model import COMMON, Catalogue, DeviceType, Label, Profile, Quantity, SeverityTerms
from smartward.catalogue.profile import lay_over
from smartward.errors import CatalogueError, ConfigError
from smartward.rule import Rule

NORMAL = "normal"


class _Common(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `common.yaml` holds."""

    schema_version: int
    timezone: str
    heartbeat_s: int
    conventions: dict[str, str]
    severities: dict[Severity, SeverityTerms]
    categories: tuple[str, ...]
    roles: dict[str, Label]
    sources: dict[str, str]
    quantities: tuple[Quantity, ...]
    rules: tuple[Rule, ...]
    platform_rules: tuple[Rule, ...]


@cache
def load(profile: str = NORMAL) -> Catalogue:
    """Read the catalogue and lay a named profile over it; read once per process and profile.

    Raises ConfigError for a profile that does not exist, CatalogueError for a file that does not hold together.
    """
    documents = {file.name: file.read_text("utf-8") for file in _yaml_files(files("smartward.catalogue"))}
    return lay_over(assemble(documents), load_profile(profile))


def assemble(documents: dict[str, str]) -> Catalogue:
    """Build the catalogue from its documents by file name, `common.yaml` and one `{type}.yaml` each.

    The result carries a profile that changes nothing. Raises CatalogueError.
    """
    shared_file = f"{COMMON}.yaml"
    if shared_file not in documents:
        raise CatalogueError(
            f"{shared_file}: the file is missing. Put it back; every type needs its roles and sources."
        )
    shared = text.parse(documents[shared_file], _Common, file=shared_file)
    types = {}
    for file, document in sorted(documents.items()):
        if file == shared_file:
            continue
        kind = text.parse(document, DeviceType, file=file)
        if f"{kind.type}.yaml" != file:
            raise CatalogueError(f"{file}:1: type: the file holds {kind.type}. Name it {kind.type}.yaml.")
        types[kind.type] = msgspec.structs.replace(kind, quantities=kind.quantities + shared.quantities)
    return Catalogue(
        schema_version=shared.schema_version,
        profile=Profile(name="", vi="", en=""),
        types=types,
        common_quantities=shared.quantities,
        common_rules=shared.rules,
        platform_rules=shared.platform_rules,
        severities=shared.severities,
        categories=shared.categories,
        roles=shared.roles,
        sources=shared.sources,
        heartbeat_s=shared.heartbeat_s,
        timezone=shared.timezone,
        conventions=shared.conventions,
    )


def load_profile(name: str) -> Profile:
    """Read one operating profile. Raises ConfigError naming the profiles there are."""
    known = {file.name.removesuffix(".yaml"): file for file in _yaml_files(files("smartward") / "profiles")}
    if name not in known:
        raise ConfigError(
            f"there is no profile {name!r}", key="profile", remedy=f"Use one of: {', '.join(sorted(known))}"
        )
    file = f"profiles/{name}.yaml"
    profile = text.parse(known[name].read_text("utf-8"), Profile, file=file)
    if profile.name != name:
        raise CatalogueError(f"{file}: name: the file holds {profile.name!r}. Write name: {name}.")
    return profile


def _yaml_files(folder: Traversable) -> list[Traversable]:
    return [file for file in folder.iterdir() if file.name.endswith(".yaml")]
