"""Several models in one process: each answers as it would alone, and none keeps another waiting."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from harness import fleet
from harness.credentials import write_keys
from harness.swapping import BODY, DAMAGED
from tests.contract.conftest import OpenDoors
from tests.doors import Both, Door, open_both
from twinserve.service.inference.models import watch
from twinserve.service.inference.models.opening import open_model_version
from twinserve.service.inference.version import ModelVersion
from twinserve.service.service import Service
from twinserve.store.registry import Registry
from twinserve.testing.client import JSON
from twinserve.testing.fakes import settings_of

DEADLINE: Final = 30.0
NAMES: Final = ("berry", "citrus", "date")
OpenModels = Callable[..., tuple[Service, Both]]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look fifty times a second."""
    monkeypatch.setattr(watch, "INTERVAL", 0.02)


@pytest.fixture
def store(registry: Registry) -> Registry:
    """A store with the models `fruit`, `berry`, `citrus` and `date`."""
    fleet.copied(registry, NAMES)
    return registry


@pytest.fixture
def open_models(store: Registry, open_doors: OpenDoors) -> Iterator[OpenModels]:
    """Opens all doors over a service that follows the models of the store."""
    with ExitStack() as stack:

        def opened(models: str = "*", **settings: Any) -> tuple[Service, Both]:
            root = store.folder.parent
            service = Service.open(settings_of(artifacts=root, model="fruit", models=models, **settings))
            stack.callback(service.close)
            return service, open_doors(service)

        yield opened


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)  # Between two looks at the condition.


def states(both: Both) -> dict[str, tuple[str | None, str]]:
    """What `/models` lists at one of the doors, as it may change between two: version and state by name."""
    listed = both.doors[0].send("GET", "/models").json()["models"]
    return {model["name"]: (model["version"], model["state"]) for model in listed}


def predicted(both: Both, name: str) -> Any:
    """The answer of a model to an apple."""
    answer = both.send("POST", f"/models/{name}/predict", BODY, JSON)
    assert answer.status == 200
    return answer.json()


# ---- what there is ---------------------------------------------------------------------------------------------------


def test_without_the_setting_there_is_the_one_model(open_models: OpenModels) -> None:
    _, both = open_models("")
    assert both.send("GET", "/models").json() == {
        "default": "fruit",
        "models": [{"name": "fruit", "version": "1", "state": "open"}],
        "next": None,
    }
    assert predicted(both, "fruit") == both.predict(json.loads(BODY)).json()
    refused = both.send("POST", "/models/berry/predict", BODY, JSON)
    assert (refused.status, refused.json()["detail"]) == (404, "There is no model of this name.")


def test_all_models_open_by_themselves(open_models: OpenModels) -> None:
    _, both = open_models()
    until(lambda: set(states(both).values()) == {("1", "open")})
    assert list(states(both)) == ["berry", "citrus", "date", "fruit"]


def test_those_that_are_listed_are_served_beside_the_default_one(open_models: OpenModels) -> None:
    _, both = open_models("date, berry")
    until(lambda: set(states(both).values()) == {("1", "open")})
    assert list(states(both)) == ["berry", "date", "fruit"]
    assert both.send("GET", "/models/citrus/schema").status == 404


def test_the_list_comes_page_by_page(open_models: OpenModels) -> None:
    _, both = open_models()
    first = both.send("GET", "/models?limit=3").json()
    assert ([model["name"] for model in first["models"]], first["next"]) == (["berry", "citrus", "date"], "date")
    second = both.send("GET", "/models?limit=3&after=date").json()
    assert ([model["name"] for model in second["models"]], second["next"]) == (["fruit"], None)
    for query, code in (("limit=0", "bound"), ("limit=1001", "bound"), ("limit=x", "type"), ("page=2", "unknown")):
        refused = both.send("GET", f"/models?{query}")
        assert (refused.status, refused.json()["errors"][0]["code"]) == (400, code)


def test_each_answers_under_its_name_as_it_would_alone(open_models: OpenModels, store: Registry) -> None:
    """Predictions and documents: the bytes of a service that has no other model."""
    Registry(store.folder.parent, "berry").promote(2)
    _, both = open_models()
    alone = Service.open(settings_of(artifacts=store.folder.parent, model="berry"))
    with ExitStack() as stack:
        stack.callback(alone.close)
        other = stack.enter_context(open_both(alone))
        assert predicted(both, "berry") == other.predict(json.loads(BODY)).json()
        for below, plain in (("", "/model"), ("/schema", "/schema")):
            assert both.send("GET", f"/models/berry{below}").body == other.send("GET", plain).body
        explained = both.send("POST", "/models/berry/explain?top=1", BODY, JSON)
        assert explained.body == other.send("POST", "/explain?top=1", BODY, JSON).body
        markdown = {"Accept": "text/markdown"}
        card = both.send("GET", "/models/berry/card", headers=markdown)
        assert card.body == other.send("GET", "/card", headers=markdown).body
    assert predicted(both, "berry")["version"] == "2"
    assert predicted(both, "citrus")["version"] == "1"


def test_its_own_document_describes_its_paths(open_models: OpenModels) -> None:
    """Relative to its own URL, so that a generated client asks this model."""
    _, both = open_models()
    document = both.send("GET", "/models/date/openapi.json").json()
    assert document["servers"] == [{"url": "./"}]
    assert set(document["paths"]) == {"/predict", "/explain", "/schema", "/openapi.json", "/card"}
    assert "'date'" in document["info"]["description"]


def test_a_page_of_a_model_links_the_services_own(open_models: OpenModels) -> None:
    _, both = open_models()
    page = both.send("GET", "/models/date/card", headers={"Accept": "text/html"}).body.decode()
    assert 'href="../../assets/page.css"' in page
    assert 'href="../../live"' in page


# ---- models come, change and go --------------------------------------------------------------------------------------


def test_a_model_that_comes_later_is_served(open_models: OpenModels, store: Registry) -> None:
    _, both = open_models()
    fleet.copied(store, ["elder"])
    until(lambda: states(both).get("elder") == ("1", "open"))
    assert predicted(both, "elder")["model"] == "elder"


def test_a_model_that_goes_is_unknown(open_models: OpenModels, store: Registry) -> None:
    _, both = open_models()
    until(lambda: states(both).get("date") == ("1", "open"))
    shutil.rmtree(store.folder.parent / "date")
    until(lambda: "date" not in states(both))
    assert both.send("POST", "/models/date/predict", BODY, JSON).status == 404
    assert predicted(both, "berry")["model"] == "berry"


def test_each_follows_its_own_champion(open_models: OpenModels, store: Registry) -> None:
    _, both = open_models()
    until(lambda: set(states(both).values()) == {("1", "open")})
    Registry(store.folder.parent, "citrus").promote(2)
    until(lambda: states(both)["citrus"] == ("2", "open"))
    assert [predicted(both, name)["version"] for name in ("berry", "citrus", "date", "fruit")] == ["1", "2", "1", "1"]


def test_a_broken_model_harms_no_other(open_models: OpenModels, store: Registry) -> None:
    """It is 503 at once, and is listed as refused; when it is mended, it is served."""
    root = store.folder.parent
    broken = Registry(root, "berry")
    broken.promote(DAMAGED)
    _, both = open_models()
    until(lambda: states(both)["berry"] == (None, "refused"))
    assert both.send("POST", "/models/berry/predict", BODY, JSON).status == 503
    assert predicted(both, "citrus")["model"] == "citrus"
    assert both.send("GET", "/health/ready").status == 200
    broken.promote(1)
    until(lambda: states(both)["berry"] == ("1", "open"))


def test_a_listed_model_that_is_not_there_yet_is_waited_for(open_models: OpenModels, store: Registry) -> None:
    _, both = open_models("elder")
    until(lambda: states(both)["elder"] == (None, "refused"))
    assert both.send("GET", "/models/elder").status == 503
    fleet.copied(store, ["elder"])
    until(lambda: states(both)["elder"] == ("1", "open"))


# ---- at most so many are open ----------------------------------------------------------------------------------------


def test_the_least_recently_used_is_let_go(open_models: OpenModels) -> None:
    """And opened again by the request that asks for it; the default model stays."""
    service, both = open_models(max_models=2)
    for name in (*NAMES, *NAMES):
        assert predicted(both, name)["model"] == name
        opened = [known for known, (_, state) in states(both).items() if state == "open"]
        assert sorted(opened) == sorted([name, "fruit"])
    assert both.predict(json.loads(BODY)).json()["model"] == "fruit"
    assert set(states(both).values()) == {("1", "open"), (None, "closed")}
    series = service.metrics.render().decode()
    assert 'twinserve_model_info{model="date",version="1"} 1.0' in series
    assert 'model="berry"' not in series


def test_many_ask_for_a_model_that_is_not_open(open_models: OpenModels) -> None:
    """It is opened once, and all are answered."""
    service, both = open_models(max_models=2)
    predicted(both, "berry")
    answers: list[int] = []

    def ask() -> None:
        answers.extend(door.send("POST", "/models/date/predict", BODY, JSON).status for door in both.doors)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 6 * len(both.doors)
    assert service.models.is_open("date")


@dataclass
class SlowOpening:
    """The opening of a model, which waits until it may go on."""

    begun: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def slow_date(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowOpening]:
    """The model `date` opens slowly."""
    slow = SlowOpening()

    def opened(registry: Registry, *arguments: Any) -> ModelVersion:
        if registry.name == "date":
            slow.begun.set()
            assert slow.may_go_on.wait(DEADLINE)
        return open_model_version(registry, *arguments)

    monkeypatch.setattr("twinserve.service.inference.models.follower.open_model_version", opened)
    yield slow
    slow.may_go_on.set()


def test_while_one_opens_others_answer(open_models: OpenModels, slow_date: SlowOpening) -> None:
    """At every door: also where the request for that one came first."""
    _, both = open_models("citrus,date")
    statuses: list[int] = []

    def ask(door: Door) -> None:
        statuses.append(door.send("POST", "/models/date/predict", BODY, JSON).status)

    waiting = [threading.Thread(target=ask, args=(door,)) for door in both.doors]
    for thread in waiting:
        thread.start()
    assert slow_date.begun.wait(DEADLINE)
    assert predicted(both, "citrus")["model"] == "citrus"
    assert both.send("GET", "/health/ready").status == 200
    assert statuses == []
    slow_date.may_go_on.set()
    for thread in waiting:
        thread.join(DEADLINE)
    assert statuses == [200] * len(both.doors)


def test_who_waits_for_a_model_waits_no_longer_than_for_a_prediction(
    open_models: OpenModels, slow_date: SlowOpening
) -> None:
    _, both = open_models("date", predict_timeout=0.2)
    refused = both.send("POST", "/models/date/predict", BODY, JSON)
    assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
    slow_date.may_go_on.set()
    until(lambda: states(both)["date"] == ("1", "open"))


# ---- who may ask -----------------------------------------------------------------------------------------------------


def test_a_key_may_be_bound_to_models(open_models: OpenModels, tmp_path: Path) -> None:
    """It then holds for these alone, whether there are others or not; the list shows no other."""
    path = tmp_path / "keys.json"
    made = write_keys(path, bound="predict read", free="predict read")
    content = json.loads(path.read_text())
    content["keys"][0]["models"] = ["date"]
    path.write_text(json.dumps(content))
    _, both = open_models(auth="keys", keys=path)
    bound, free = ({**JSON, "X-API-Key": made[name]} for name in ("bound", "free"))
    paths = ("/models/date/predict", "/models/berry/predict", "/models/nothing/predict", "/predict")
    assert [both.send("POST", path, BODY, bound).status for path in paths] == [200, 403, 403, 403]
    assert [both.send("POST", path, BODY, free).status for path in paths] == [200, 200, 404, 200]
    assert both.send("GET", "/schema", headers=bound).status == 403
    assert both.send("GET", "/models/date/schema", headers=bound).status == 200
    assert both.send("GET", "/v2", headers=bound).status == 200
    assert both.send("GET", "/v2/models", headers=bound).json() == {"models": ["date"]}
    assert both.send("GET", "/v1/models", headers=bound).json() == {"models": ["date"]}
    index = both.send("POST", "/v2/repository/index", headers=bound).json()
    assert [model["name"] for model in index] == ["date"]
    listed = both.send("GET", "/models", headers=bound).json()["models"]
    assert [model["name"] for model in listed] == ["date"]
