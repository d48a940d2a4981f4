"""WebUi: the built pages, held in memory. Only what was built can be asked for, so no path leads anywhere else."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from penstock_dispatcher.problems import NotFound

#: where `make ui` puts what it builds
BUILT = Path(__file__).parent / "web"
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_TEXT = (".html", ".js", ".css", ".svg", ".json", ".txt")
#: everything from here and nothing from elsewhere; no page may frame it
_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


@dataclass(frozen=True, slots=True)
class Page:
    """One built file. `packed`: gzipped, where that makes it smaller."""

    content: bytes
    packed: bytes | None
    media_type: str
    etag: str
    caching: str


class WebUi:
    """Endpoints: `/`, `/index.html`, `/assets/…`. `/ui/…` leads to the page of that name."""

    def __init__(self, folder: Path = BUILT) -> None:
        files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
        self._pages = {path.relative_to(folder).as_posix(): _page(path) for path in files}

    def routes(self) -> list[BaseRoute]:
        """One route a file: whatever else is asked for stays the API's to refuse."""
        return [
            Route("/", self.index, methods=["GET"]),
            Route("/ui", self.deep_link, methods=["GET"]),
            Route("/ui/{page:path}", self.deep_link, methods=["GET"]),
            *(Route(f"/{name}", self.file, methods=["GET"]) for name in self._pages),
        ]

    async def index(self, request: Request) -> Response:
        return self._answer(request, "index.html")

    async def file(self, request: Request) -> Response:
        return self._answer(request, request.url.path.removeprefix("/"))

    async def deep_link(self, request: Request) -> Response:
        """Pages are told apart behind the `#`, as in Flink; this leads there, below any proxy's prefix."""
        page = str(request.path_params.get("page", ""))
        up = "../" * (page.count("/") + 1) if request.url.path != "/ui" else "./"
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{up}#/{page}{query}", 302)

    def _answer(self, request: Request, name: str) -> Response:
        page = self._pages.get(name)
        if page is None:
            if name == "index.html":
                raise NotFound("the Web UI was not built: run `make ui`; the REST API is there all the same")
            raise NotFound(f"Not found: {request.url.path}")
        headers = {"ETag": page.etag, "Cache-Control": page.caching, "X-Content-Type-Options": "nosniff"}
        if page.media_type.startswith("text/html"):
            headers["Content-Security-Policy"] = _POLICY
        if page.packed is not None:
            headers["Vary"] = "Accept-Encoding"
        if page.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        content = page.content
        if page.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            content, headers["Content-Encoding"] = page.packed, "gzip"
        return Response(content, media_type=page.media_type, headers=headers)


def _page(path: Path) -> Page:
    content = path.read_bytes()
    packed = gzip.compress(content, 9, mtime=0) if path.suffix in _TEXT else None
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Page(
        content=content,
        packed=packed if packed is not None and len(packed) < len(content) else None,
        media_type=media_type,
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        # the names of assets change with their content
        caching=_FOR_GOOD if path.parent.name == "assets" else _ASK_AGAIN,
    )
