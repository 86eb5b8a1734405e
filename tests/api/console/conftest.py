"""The sample ward's three afternoons, and a person at the door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from tests.api.console.sample_ward import CHEAP, PASSWORD, SampleWard, busy_ward, calm_ward, empty_ward


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SampleWard]:
    """Give a ward without a device."""
    with empty_ward(tmp_path) as ward:
        yield ward


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[SampleWard]:
    """Give a ward in which nothing is wrong."""
    with calm_ward(tmp_path) as ward:
        yield ward


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[SampleWard]:
    """Give a ward on a bad afternoon."""
    with busy_ward(tmp_path) as ward:
        yield ward


def visit(ward: SampleWard, *, username: str = "an") -> TestClient:
    """Give a browser without scripts that has logged in by the form, and follows where it is led."""
    client = TestClient(create_app(ward.services, ward.settings, passwords=CHEAP), base_url="http://ward.test")
    client.headers["Accept"] = "text/html"
    answer = client.post("/login", data={"username": username, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return client
