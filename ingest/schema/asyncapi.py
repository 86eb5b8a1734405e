"""The AsyncAPI 3 document: which payload travels on which topic, who says it, and whether the broker retains it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from ingest.decode import MAX_PAYLOAD_BYTES
from ingest.schema.documents import parts, payloads
from ingest.schema.wire import REF, Schema, parts_of
from smartward import topics
from smartward.catalogue.model import Catalogue

VERSION = "1.0.0"
"""The version of the contract: the topics' root `ward/` is version 1 for ever."""
QOS = 1
SCHEMAS = "#/components/schemas/"

WARD, GATEWAY, DEVICE, BOOT, ALERT = ("{ward}", "{gateway}", "{device}", "{boot}", "{alert}")
_PARAMETERS = {
    WARD: "The ward that the gateway is registered in.",
    GATEWAY: "The gateway that holds the MQTT connection; a device that speaks for itself is its own gateway.",
    DEVICE: "The device that speaks, as it is registered behind the gateway.",
    BOOT: "The id of the gateway's outbox: new only when its file is new.",
    ALERT: "The alert's id: the same breach has the same id however often it is said.",
}


class Channel(NamedTuple):
    """One kind of topic, with the payloads that may travel on it. `action` is what the server does here."""

    name: str
    address: str
    title: str
    action: Literal["receive", "send"]
    payloads: tuple[str, ...]
    is_retained: bool = False


def channels(catalogue: Catalogue) -> tuple[Channel, ...]:
    """List the kinds of topics; a device sends the payload of its own type."""
    observations = tuple(f"{name}.observation" for name in sorted(catalogue.types))
    events = tuple(f"{name}.event" for name in sorted(catalogue.types) if catalogue.types[name].events)
    obs, event = topics.obs(WARD, GATEWAY, DEVICE), topics.event(WARD, GATEWAY, DEVICE)
    pack, presence = topics.pack(WARD, GATEWAY), topics.presence(WARD, GATEWAY)
    committed, alert = topics.committed(WARD, GATEWAY, BOOT), topics.alert(WARD, ALERT)
    return (
        Channel("observations", obs, "A plain device's observations", "receive", observations),
        Channel("events", event, "A plain device's events", "receive", events),
        Channel("packs", pack, "An edge agent's packs", "receive", ("pack",)),
        Channel("presence", presence, "A gateway's word and last will", "receive", ("presence",), is_retained=True),
        Channel("committed", committed, "How far packs are on disk", "send", ("committed",), is_retained=True),
        Channel("alerts", alert, "Open alerts; an empty payload: over", "send", ("alert",), is_retained=True),
    )


def asyncapi(catalogue: Catalogue) -> dict[str, Any]:
    """Give the whole document; whatever it refers to is inside."""
    known = parts(catalogue)
    said = payloads(catalogue, among=known)
    all_channels = channels(catalogue)
    spoken = {name: said[name] for channel in all_channels for name in channel.payloads}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:smartward:v1",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {channel.name: _channel(channel) for channel in all_channels},
        "operations": {_operation_name(channel): _operation(channel) for channel in all_channels},
        "components": {
            "messages": {name: _message(name, schema) for name, schema in spoken.items()},
            "schemas": _local(parts_of(spoken, among=known) | spoken),
        },
    }


def _info() -> dict[str, Any]:
    return {
        "title": "smartward",
        "version": VERSION,
        "description": "What devices, gateways and the server of a ward say to each other over MQTT. A message holds at"
        f" most {MAX_PAYLOAD_BYTES} bytes of JSON in UTF-8. Readers ignore fields that they do not know.",
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        "tags": [{"name": "mqtt", "description": "MQTT 3.1.1 and 5"}],
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "protocol": "mqtt",
        "description": "The ward's broker.",
        "variables": {
            "host": {"default": "localhost", "description": "Where the broker listens."},
            "port": {"default": "1883", "description": "Its port."},
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    parameters = {name: text for name, text in _PARAMETERS.items() if name in channel.address}
    return {
        "address": channel.address,
        "title": channel.title,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in channel.payloads},
        "parameters": {name.strip("{}"): {"description": text} for name, text in parameters.items()},
        "servers": [{"$ref": "#/servers/broker"}],
    }


def _operation_name(channel: Channel) -> str:
    return f"{channel.action}_{channel.name}"


def _operation(channel: Channel) -> dict[str, Any]:
    retained = "retained" if channel.is_retained else "never retained"
    return {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "title": channel.title,
        "description": f"The server {channel.action}s it: QoS {QOS}, {retained}.",
        "bindings": {"mqtt": {"qos": QOS, "retain": channel.is_retained, "bindingVersion": "0.2.0"}},
    }


def _message(name: str, schema: Schema) -> dict[str, Any]:
    return {
        "name": name,
        "title": schema["title"],
        "summary": schema["description"],
        "contentType": "application/json",
        "payload": {"$ref": f"{SCHEMAS}{name}"},
    }


def _local(schema: Any) -> Any:
    """Point to the document's own components instead of a schema's definitions."""
    if isinstance(schema, list):
        return [_local(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        keyword: SCHEMAS + part.removeprefix(REF) if keyword == "$ref" else _local(part)
        for keyword, part in schema.items()
    }
