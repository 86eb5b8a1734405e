"""What every device profile promises on the wire, sent through the real decoder and validator."""

from __future__ import annotations

import re

import pytest

from ingest.decode import decode
from ingest.validate import Registered, Validator
from smartward import topics
from smartward.catalogue import load
from smartward.device import Device
from smartward.instants import SECOND_MS, parse_rfc3339
from smartward.ports import Message
from tests.firmware_configs.profiles import SECRET, Profile, WireMessage, esphome, esphome_file, profiles, publications

CATALOGUE = load()
PROFILES = profiles()
MESSAGES = [
    pytest.param(profile, message, id=f"{profile.name}-{message.file}")
    for profile in PROFILES
    for message in profile.expected.messages
]
ESPHOME = [pytest.param(profile, id=profile.name) for profile in PROFILES if esphome_file(profile.folder)]
SOME_DAY_MS = parse_rfc3339("2026-11-23T07:45:00Z")


def test_the_profiles_are_found() -> None:
    """A folder whose expected.yaml is misnamed would be tested by nobody."""
    assert {profile.name for profile in PROFILES} >= {"esphome-street-water", "esphome-air"}


@pytest.mark.parametrize(("profile", "message"), MESSAGES)
def test_the_decoder_takes_what_the_profile_says(profile: Profile, message: WireMessage) -> None:
    """Whole, with the values that the profile means, and nothing refused."""
    expected = profile.expected
    device = Device(expected.device, expected.ward, expected.device, expected.device_type)
    received_ms = parse_rfc3339(message.at) + SECOND_MS if message.at else SOME_DAY_MS
    payload = (profile.folder / "wire" / message.file).read_bytes()

    believed = Validator(CATALOGUE).validate(
        decode(Message(message.topic, payload)),
        registered=Registered({device.id: device}),
        received_ms=received_ms,
    )

    assert believed.rejections == ()
    assert [(seen.device, seen.values) for seen in believed.observations] == [(expected.device, message.values)]
    assert believed.observations[0].observed_ms == (parse_rfc3339(message.at) if message.at else received_ms)


@pytest.mark.parametrize("profile", [pytest.param(profile, id=profile.name) for profile in PROFILES])
def test_no_wire_message_is_left_out(profile: Profile) -> None:
    """Each example is promised, and each promise has its example."""
    files = {path.name for path in (profile.folder / "wire").glob("*.json")}

    assert {message.file for message in profile.expected.messages} == files


@pytest.mark.parametrize("profile", ESPHOME)
def test_it_publishes_where_the_server_listens(profile: Profile) -> None:
    """One topic, its own, with quality of service 1 and never retained."""
    path = esphome_file(profile.folder)
    assert path is not None

    said = publications(esphome(path))

    own = topics.obs(profile.expected.ward, profile.expected.device, profile.expected.device)
    assert [publication["topic"] for publication in said] == [own]
    assert all(publication["qos"] == 1 and publication["retain"] is False for publication in said)
    assert {message.topic for message in profile.expected.messages} == {own}


@pytest.mark.parametrize("profile", ESPHOME)
def test_it_says_only_quantities_of_its_type(profile: Profile) -> None:
    """What its code writes into the message is in the catalogue, and nothing that the server computes."""
    path = esphome_file(profile.folder)
    assert path is not None
    names = re.findall(r'values\["(\w+)"\]', publications(esphome(path))[0]["payload"])
    kind = CATALOGUE.types[profile.expected.device_type]

    quantities = {quantity.name: quantity for quantity in kind.quantities}

    assert names
    assert set(names) <= set(quantities)
    assert not any(quantities[name].is_refused_from_devices for name in names)
    assert set(names) == {name for message in profile.expected.messages for name in message.values}


@pytest.mark.parametrize("profile", ESPHOME)
def test_it_says_what_its_type_must_say(profile: Profile) -> None:
    """A device that leaves out what is not optional would look half dead."""
    kind = CATALOGUE.types[profile.expected.device_type]
    needed = {q.name for q in kind.quantities if not q.optional and not q.is_refused_from_devices}

    assert needed <= set(profile.expected.messages[0].values)


@pytest.mark.parametrize("profile", ESPHOME)
def test_it_speaks_encrypted_under_its_own_name_and_of_nothing_else(profile: Profile) -> None:
    """User name and client id are its id, so the broker's rules hold it; no discovery, no log, no state topics."""
    path = esphome_file(profile.folder)
    assert path is not None

    mqtt = esphome(path)["mqtt"]

    assert mqtt["username"] == mqtt["client_id"] == profile.expected.device
    assert mqtt["port"] == 8883
    assert "BEGIN CERTIFICATE" in mqtt["certificate_authority"]
    assert mqtt["discovery"] is False
    assert mqtt["topic_prefix"] is None
    assert mqtt["log_topic"] is None


@pytest.mark.parametrize("profile", ESPHOME)
def test_it_asks_for_time_and_sends_it(profile: Profile) -> None:
    """A value without its time cannot be placed when it comes late."""
    path = esphome_file(profile.folder)
    assert path is not None
    configuration = esphome(path)

    clock = configuration["time"][0]["id"]

    assert f"id({clock}).utcnow()" in publications(configuration)[0]["payload"]


@pytest.mark.parametrize("profile", ESPHOME)
def test_secrets_stay_out_of_the_configuration(profile: Profile) -> None:
    """Every password is a secret with an example, and the examples are no real ones."""
    path = esphome_file(profile.folder)
    assert path is not None
    text = path.read_text(encoding="utf-8")
    passwords = re.findall(r"(?:password|ssid|certificate_authority): (.+)", text)

    assert passwords
    assert all(value.startswith("!secret ") for value in passwords)
    example = (profile.folder / "secrets.example.yaml").read_text(encoding="utf-8")
    assert {name for name in SECRET.findall(text) if f"{name}:" not in example} == set()
    assert not (profile.folder / "secrets.yaml").exists()


@pytest.mark.parametrize("folder", ["esphome-street-water", "esphome-air", "broker"])
def test_every_readme_says_how_to_install_and_what_to_change(folder: str) -> None:
    """A technician on a ladder reads nothing else."""
    text = next(profile.folder.parent for profile in PROFILES).joinpath(folder, "README.md").read_text(encoding="utf-8")

    assert "\n## Install\n" in text
    assert "\n## What must be changed\n" in text
    assert folder in (PROFILES[0].folder.parent / "README.md").read_text(encoding="utf-8")
