"""A local OpenID Connect issuer whose answers may be slow, huge or wrong, and whose keys rotate."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from harness.credentials import claims, token

DISCOVERY: Final = "/.well-known/openid-configuration"
DEADLINE: Final = 20.0


class FakeIssuer:
    """Sends the answers that were set; `asked` lists the requested paths."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.replies: dict[str, tuple[int, Mapping[str, str], bytes]] = {}
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.trickles = False
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                issuer.may_answer.wait(DEADLINE)
                status, headers, body = issuer.replies.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                while issuer.trickles:
                    self.wfile.write(b" ")
                    time.sleep(0.05)
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                pass  # Some tests close the connection early.

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.keys: dict[str, RSAPrivateKey] = {}
        self.publish()

    def say(self, path: str, body: object, status: int = 200, **headers: str) -> None:
        """Set the answer to this path."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.replies[path] = (status, headers, content)

    def publish(self, *key_ids: str, **changes: Any) -> None:
        """Publish exactly these keys, made if they are new; `changes` alters each published key."""
        self.keys = {key_id: self.keys.get(key_id) or generate_private_key(65537, 2048) for key_id in key_ids}
        shown = [public_jwk(key_id, key) | changes for key_id, key in self.keys.items()]
        self.say(DISCOVERY, {"issuer": self.url, "jwks_uri": f"{self.url}/keys"})
        self.say("/keys", {"keys": shown})

    def token(self, key_id: str, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """A token signed with one of the keys."""
        key = self.keys[key_id]
        given = {"alg": "RS256", "typ": "JWT", "kid": key_id, **(header or {})}
        return token(
            claims(**{"iss": self.url, **changes}),
            given,
            sign=lambda message: key.sign(message, PKCS1v15(), hashes.SHA256()),
        )


def public_jwk(key_id: str, key: RSAPrivateKey) -> dict[str, Any]:
    """A public key in the format of a key set."""
    numbers = key.public_key().public_numbers()

    def encoded(number: int) -> str:
        return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()

    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id, "n": encoded(numbers.n), "e": encoded(numbers.e)}


@contextmanager
def issuing() -> Iterator[FakeIssuer]:
    """A context with a running issuer."""
    issuer = FakeIssuer()
    thread = threading.Thread(target=issuer.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        issuer.trickles = False
        issuer.may_answer.set()
        issuer.server.shutdown()
        thread.join()
        issuer.server.server_close()


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
