"""GraphQL as other programs speak it, to real servers: the client gql, and the audits of GraphQL over HTTP."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gql import Client, GraphQLRequest, gql
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError

from harness import ROOT
from harness.running import DJANGO, DOORS, Running, golden, running

pytestmark = pytest.mark.slow
AUDITS = Path(__file__).with_name("graphql_audits")
INSTALLED = ROOT / ".node-graphql"


@pytest.fixture(scope="module", params=[*DOORS, DJANGO])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, artifacts: Path
) -> Iterator[Running]:
    """A server of each door that speaks GraphQL."""
    with running(request.param, tmp_path_factory.mktemp("server"), artifacts, graphql=True) as started:
        yield started


@pytest.fixture
def client(server: Running) -> Client:
    """A client that reads the schema, so it checks each document itself before it is sent."""
    transport = AIOHTTPTransport(f"http://127.0.0.1:{server.port}/graphql")
    return Client(transport=transport, fetch_schema_from_transport=True)


def execute(client: Client, query: GraphQLRequest) -> Any:
    """What the client finds, in an event loop that ends with it; its own `execute` leaves one open."""

    async def found() -> Any:
        async with client as session:
            return await session.execute(query)

    return asyncio.run(found())


def test_a_client_reads_the_schema_and_predicts(client: Client, server: Running, artifacts: Path) -> None:
    instance = golden(artifacts)
    native = json.loads(server.request("POST", "/predict?coverage=0.9", instance).body)
    query = gql("query($it: Instance!) { predict(instance: $it, coverage: 0.9) { label set { labels } version } }")
    query.variable_values = {"it": json.loads(instance)}
    found = execute(client, query)["predict"]
    assert found == {"label": native["label"], "set": {"labels": native["set"]["labels"]}, "version": native["version"]}


def test_a_query_can_be_written_in_python(client: Client) -> None:
    execute(client, gql("{ __typename }"))
    assert client.schema is not None
    schema = DSLSchema(client.schema)
    query = dsl_gql(DSLQuery(schema.Query.model.select(schema.Model.name, schema.Model.classes)))
    found = execute(client, query)
    assert found == {"model": {"name": "tumor", "classes": ["benign", "malignant"]}}


def test_an_error_reaches_the_caller(client: Client) -> None:
    query = gql('query($it: Instance!) { explain(instance: $it, class: "x") { label } }')
    query.variable_values = {"it": json.loads((ROOT / "examples" / "tumor.json").read_text())}
    with pytest.raises(TransportQueryError, match="1 error in the query") as caught:
        execute(client, query)
    assert caught.value.errors is not None
    assert caught.value.errors[0]["extensions"]["errors"][0]["parameter"] == "class"


@pytest.mark.environments
def test_every_audit_of_graphql_over_http_is_met(server: Running) -> None:
    """None fails, and none warns."""
    assert INSTALLED.is_dir(), "make test-graphql installs the audits"
    node = shutil.which("node")
    assert node is not None
    url = f"http://127.0.0.1:{server.port}/graphql"
    said = subprocess.run(
        [node, str(INSTALLED / "audit.js"), url], capture_output=True, check=True, timeout=120, cwd=INSTALLED
    )
    results = json.loads(said.stdout)
    assert len(results) == 61
    assert [result for result in results if result["status"] != "ok"] == []
