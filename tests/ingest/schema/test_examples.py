"""Every example is a message that its schema accepts and that ingest believes whole, then as now."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ingest.decode import decode
from ingest.schema.examples import AT, AT_MS, examples
from ingest.validate import Registered, Validator
from smartward.catalogue import load
from smartward.device import Device
from smartward.instants import parse_rfc3339
from smartward.ports import Message
from tests.ingest.schema.messages import accepts

CONTRACT = Path(__file__).parents[3] / "docs" / "contract"
FILES = sorted([*CONTRACT.glob("examples/*.json"), *CONTRACT.glob("baseline/examples/*.json")])
CATALOGUE = load()


def test_every_type_has_an_example() -> None:
    """A maker finds their own."""
    made = {name.split(".")[0] for name in examples(CATALOGUE)}

    assert made == set(CATALOGUE.types)
    assert parse_rfc3339(AT) == AT_MS


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(CONTRACT)) for file in FILES])
def test_an_example_is_accepted_and_believed_whole(file: Path) -> None:
    """`mosquitto_pub -f` of this file would do; what an earlier contract gave as an example still holds."""
    kind, what = file.stem.split(".")
    device = Device("dev-1", "songmay", "dev-1", kind)
    topic = f"ward/songmay/dev-1/dev-1/{'obs' if what == 'observation' else 'event'}"

    outcome = Validator(CATALOGUE).validate(
        decode(Message(topic, file.read_bytes())), registered=Registered({"dev-1": device}), received_ms=AT_MS
    )

    said = msgspec.json.decode(file.read_bytes())
    assert accepts(file.stem, said)
    assert outcome.rejections == ()
    assert outcome.items == (len(said["values"]) if what == "observation" else 1)
