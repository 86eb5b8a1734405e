"""The console's own files, read once: scripts, styles, fonts. Their address holds a digest of all of them.

A new version is a new address, so browsers may keep each file for a year and a script finds the others beside it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
FOR_EVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"


class Files:
    """An ASGI app over a folder; only what was there at the start is ever served."""

    def __init__(self, folder: Path = FOLDER) -> None:
        names = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in TYPES)
        self._bodies = {path.relative_to(folder).as_posix(): path.read_bytes() for path in names}
        whole = hashlib.sha256()
        for name, body in self._bodies.items():
            whole.update(name.encode() + b"\0" + body)
        self.digest = whole.hexdigest()[:12]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file; an address with another digest gets the present file, but may not keep it."""
        digest, _, name = str(scope["path"]).removeprefix(str(scope.get("root_path", ""))).lstrip("/").partition("/")
        body = self._bodies.get(name)
        if body is None or scope["method"] not in ("GET", "HEAD"):
            response = Response("There is no such file\n", 404, media_type="text/plain")
        else:
            keep = FOR_EVER if digest == self.digest else REVALIDATE
            response = Response(body, media_type=TYPES[Path(name).suffix], headers={"Cache-Control": keep})
        await response(scope, receive, send)
