"""Behind an nginx that strips a prefix: our own servers, which need not know of it, and hosts that are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from harness.credentials import bearer, write_keys, write_signing_key
from harness.running import DOORS, Running, running
from harness.swapping import BODY
from tests.hosts.hosting import ONE_WORKER, Host, hosting
from tests.hosts.nginx import NGINX, PREFIX, behind_a_prefix

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TOLD: dict[str, tuple[str, str, dict[str, str]]] = {
    "X-Forwarded-Prefix": (ONE_WORKER, "behind_flask", {}),
    "SCRIPT_NAME": (ONE_WORKER, "plain_flask", {"SCRIPT_NAME": PREFIX}),
    "--root-path": ("uvicorn, a root path", "behind_fastapi", {}),
}
"""What tells a host of its prefix: a server, an app and variables. gunicorn takes `SCRIPT_NAME` off the path itself."""


@pytest.mark.parametrize("door", DOORS)
def test_our_own_server_works_below_a_prefix(door: str, tmp_path: Path, store: Path) -> None:
    """Its documents name paths relative to themselves; a token is got and used through nginx."""
    key = write_keys(tmp_path / "keys.json", alice="predict read")["alice"]
    files = {"keys": tmp_path / "keys.json", "signing_key": write_signing_key(tmp_path)}
    with (
        running(door, tmp_path, store, model="fruit", auth="oauth", public="docs", **files) as server,
        behind_a_prefix(server.port, tmp_path / "nginx") as nginx,
    ):
        document = json.loads(nginx.ask("GET", f"{PREFIX}/openapi.json").body)
        validate(document)
        assert document["servers"] == [{"url": "./"}]
        (scheme,) = document["components"]["securitySchemes"].values()
        url = scheme["flows"]["clientCredentials"]["tokenUrl"]
        assert url == "./oauth/token"
        form = f"grant_type=client_credentials&client_id=alice&client_secret={key}"
        token = json.loads(nginx.ask("POST", f"{PREFIX}/{url}".replace("./", ""), form, FORM).body)["access_token"]
        assert nginx.predict(BODY, f"{PREFIX}/predict", **bearer(token)).status == 200
        assert nginx.predict(BODY, f"{PREFIX}/predict").is_problem()
        page = nginx.ask("GET", f"{PREFIX}/docs").body.decode()
        assert 'href="/' not in page
        assert 'src="/' not in page


@pytest.mark.environments
@pytest.mark.parametrize("way", TOLD)
def test_a_host_that_is_told_of_the_prefix_works(
    way: str, tmp_path: Path, wheel: Path, store: Path, own_door: Running
) -> None:
    """Our paths answer as ever; the app's own links have the prefix."""
    server, app, variables = TOLD[way]
    root = variables.get("SCRIPT_NAME", "")
    with (
        hosting(server, app, tmp_path, wheel, store, variables, root) as host,
        behind_a_prefix(host.server.port, tmp_path / "nginx", strips=not root) as nginx,
    ):
        assert nginx.predict(BODY, f"{PREFIX}/ml/predict").body == Host(own_door).predict(BODY, "/predict").body
        assert nginx.predict(b"{", f"{PREFIX}/ml/predict").is_problem()
        assert nginx.ask("PUT", f"{PREFIX}/ml/predict").is_problem()
        assert nginx.ask("GET", f"{PREFIX}/ml/docs").status == 200
        assert json.loads(nginx.ask("GET", f"{PREFIX}/ml/openapi.json").body)["servers"] == [{"url": "./"}]
        own = json.loads(nginx.ask("GET", f"{PREFIX}/own").body)
        assert own == ({"app": "mine"} if app == "plain_flask" else {"predictions": f"{PREFIX}/ml/predict"})
