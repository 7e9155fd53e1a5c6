"""A platform that takes messages, on a real socket: it answers as it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Platform:
    """``status`` and ``says`` are the next answers; ``silent`` holds every answer back until the
    platform is closed."""

    url: str = ""
    status: int = 200
    says: str = '{"code": "OK"}'
    silent: bool = False
    took: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def platform() -> Iterator[Platform]:
    """One on a free port of the loopback."""
    here = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.took.append(json.loads(body))
            here.headers.append(dict(self.headers))
            if here.silent:
                here.over.wait(30)
                return
            said = here.says.encode("utf-8", "surrogateescape")
            self.send_response(here.status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here.url = f"http://127.0.0.1:{server.server_address[1]}/send"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
