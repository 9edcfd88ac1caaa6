"""The form of the page: what is posted to it is answered as `/predict` answers it, with a page."""

from __future__ import annotations

import gzip
import json
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from twinserve.service.inference.question import Observation
from twinserve.testing.answer import Answer
from twinserve.testing.client import Client, Serve
from twinserve.testing.contract.suite import OpenedSuite, Suite
from twinserve.testing.fakes import PickyPredictor, car, service_of

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class FormContract(Suite):
    """The form of any model."""

    def test_an_instance_is_answered_as_by_the_api(self, served: Client, instance: Any) -> None:
        """200 with a page that shows the same label or value, and the instance in its fields."""
        said = served.predict(instance).json()
        answer = post(served, json=json.dumps(instance))
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        shown = Page.of(answer)
        if "label" in said:
            assert shown.texts["output"] == [said["label"]]
        elif "value" in said:
            assert float(shown.texts["output"][0]) == pytest.approx(said["value"], rel=1e-5)
        again = post(served, **shown.entered)
        assert Page.of(again).texts["output"] == shown.texts["output"]

    def test_errors_are_those_of_the_api(self, served: Client) -> None:
        """422 with a page that has each sentence and code."""
        refused = served.predict({}).json()["errors"]
        answer = post(served, json="{}")
        assert (answer.status, answer.headers["Content-Type"]) == (422, "text/html; charset=utf-8")
        listed = Page.of(answer).items
        assert len(listed) == len(refused)
        for item, error in zip(listed, refused, strict=True):
            assert item.endswith(f": {error['detail']} {error['code']}")

    def test_what_is_entered_is_kept_and_escaped(self, served: Client) -> None:
        """Whatever it is."""
        hostile = '"><script>alert(1)</script>'
        name = next(iter(Page.of(served.send("GET", "/", headers={"Accept": "text/html"})).fields))
        answer = post(served, **{name: hostile})
        assert "<script>alert" not in text_of(answer)
        assert Page.of(answer).fields[name] == hostile

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "[{}]", "1", "NaN", '{"a":1,"a":2}', "[" * 5000, '{"\\ud800":"\\ud800"}']
    )
    def test_json_that_is_no_instance_is_422(self, served: Client, text: str) -> None:
        """With a page that says why, and the text to mend."""
        answer = post(served, json=text)
        assert answer.status == 422
        assert Page.of(answer).items

    @pytest.mark.parametrize(
        "body",
        [b"%ff=1", b"\xff=1", b"a=1", b"/a=1&/a=2", b"example=999", b"example=x", b"json=1&json=2", b"&/a=" * 9999],
    )
    def test_what_is_no_form_of_the_page_is_400(self, served: Client, body: bytes) -> None:
        """`bad-request`, as problem details."""
        answer = served.send("POST", "/", body, FORM)
        assert (answer.status, answer.json()["type"]) == (400, "urn:twinserve:problem:bad-request")

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Content-Type": "application/json"},
            {"Content-Type": "multipart/form-data; boundary=x"},
            {**FORM, "Content-Encoding": "gzip"},
        ],
    )
    def test_any_other_type_or_coding_is_415(self, served: Client, headers: dict[str, str]) -> None:
        """As problem details."""
        answer = served.send("POST", "/", b"/a=1", headers)
        assert (answer.status, answer.json()["type"]) == (415, "urn:twinserve:problem:unsupported-media-type")


class CarsFormContract(OpenedSuite):
    """The form of the model of cars, under settings of each test."""

    def test_each_error_stands_at_its_field(self, serve: Serve) -> None:
        """By `aria-describedby`; also of fields that the model does not have, which stand in the list."""
        served = serve(service_of())
        answer = post(served, **{"/engine/power": "-1", "/age": "old", "/nothing": "x", "/engine/fuel": "y"})
        at_fields = Page.of(answer).described
        assert at_fields["/engine/power"].strip() == "Must be at least 0."
        assert at_fields["/age"].strip() == "Must be a number."
        assert at_fields["/engine/turbo"].strip() == "This field is required."
        assert "/nothing: This field is not part of the input. unknown" in Page.of(answer).items
        assert "/engine/fuel: This field is not part of the input. unknown" in Page.of(answer).items

    def test_warnings_stand_at_their_fields(self, serve: Serve) -> None:
        """Beside the answer."""
        shown = Page.of(post(serve(service_of()), json=json.dumps(car(age=99.0))))
        assert shown.described["/age"].strip() == "Outside the range that training saw: 0.0 to 30.0."
        assert shown.texts["output"]

    def test_a_row_without_an_answer_is_422(self, serve: Serve) -> None:
        """As by the API."""
        answer = post(serve(service_of(PickyPredictor())), json=json.dumps(car(age=60)))
        assert answer.status == 422
        assert len(Page.of(answer).items) == 1

    def test_a_form_over_the_limit_is_413(self, serve: Serve) -> None:
        """`MAX_BODY` holds for it, too."""
        answer = post(serve(service_of(max_body=100)), json="x" * 200)
        assert (answer.status, answer.json()["type"]) == (413, "urn:twinserve:problem:too-large")

    def test_no_observer_sees_it_and_metrics_count_it(self, serve: Serve) -> None:
        """It is somebody who tries, no traffic."""
        service = service_of()
        seen: list[Observation] = []
        service.observer = seen.append
        served = serve(service)
        assert post(served, json=json.dumps(car())).status == 200
        assert seen == []
        assert b'route="form"' in service.metrics.render()

    def test_without_pages_there_is_no_form(self, serve: Serve) -> None:
        """405, as for any method that the index does not take."""
        answer = post(serve(service_of(pages=False)), json="{}")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


def post(served: Client, **fields: Any) -> Answer:
    """Post a form; a list is a name with several values."""
    return served.send("POST", "/", urlencode(fields, doseq=True).encode(), FORM)


def text_of(answer: Answer) -> str:
    """The text of a page, which a client library may have unpacked."""
    is_zipped = answer.body.startswith(b"\x1f\x8b")
    return (gzip.decompress(answer.body) if is_zipped else answer.body).decode()


class Page(HTMLParser):
    """What a page with the form shows."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        """What is entered, by the name of the input."""
        self.nulls: list[str] = []
        """The fields that are said to be not known."""
        self.items: list[str] = []
        """The findings of the list."""
        self.texts: dict[str, list[str]] = {"output": []}
        self.by_id: dict[str, str] = {}
        self._about: dict[str, list[str]] = {}
        self._open: list[str] = []
        self._select = ""
        self._textarea = ""

    @classmethod
    def of(cls, answer: Answer) -> Page:
        """The page of an answer."""
        page = cls()
        page.feed(text_of(answer))
        return page

    @property
    def entered(self) -> dict[str, Any]:
        """What a browser would post."""
        return {**self.fields, "null": self.nulls}

    @property
    def described(self) -> dict[str, str]:
        """The errors and warnings at each field."""
        return {
            name: "".join(self.by_id.get(one, "") for one in ids if one.endswith(("-e", "-w")))
            for name, ids in self._about.items()
        }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        name = given.get("name", "")
        self._textarea = ""
        if name.startswith("/"):
            self._about[name] = given.get("aria-describedby", "").split()
        if tag == "input" and name == "null" and "checked" in given:
            self.nulls.append(given["value"])
        elif tag == "input" and name.startswith("/"):
            self.fields[name] = given.get("value", "")
        elif tag == "select":
            self._select, self.fields[name] = name, ""
        elif tag == "option" and self._select and "selected" in given:
            self.fields[self._select] = given["value"]
        elif tag == "textarea" and name.startswith("/"):
            self._textarea, self.fields[name] = name, ""
        if tag == "li" and "nav" not in self._open:
            self.items.append("")
        if tag == "output":
            self.texts["output"].append("")
        if tag in ("li", "output", "p", "textarea", "nav", "select"):
            self._open.append(given.get("id", "") if tag == "p" else tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("li", "output", "p", "textarea", "nav", "select") and self._open:
            self._open.pop()
        if tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if not self._open or "nav" in self._open:
            return
        inside = self._open[-1]
        if inside == "li":
            self.items[-1] += data
        elif inside == "output":
            self.texts["output"][-1] += data
        elif inside == "textarea" and self._textarea:
            self.fields[self._textarea] += data.removeprefix("\n")
        else:
            self.by_id[inside] = self.by_id.get(inside, "") + data
