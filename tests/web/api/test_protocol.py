"""What is the same on every route: problems, pages, HEAD, bounds, caching, rate."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount
from starlette.testclient import TestClient

from tests.web.api.two_firms import TwoFirms, app_over, two_firms
from tests.web.site_day import SITE
from web.api.app import RESOURCES, create_api
from web.api.sources import Sources
from web.api.tables import weight
from web.http.headers import HEADERS
from web.http.problem_details import KINDS
from web.http.rate import Buckets, Rate

DOCS = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/v2/sites", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/v1/sites/", 404),
        ("GET", "/api/v1/sites/a%0Ab", 404),
        ("POST", "/api/v1/sites", 405),
        ("DELETE", "/api/v1/quarantine/1", 405),
        ("GET", f"/api/v1/sites?cursor={'x' * 9_000}", 414),
        ("GET", "/api/v1/sites?limit=0", 422),
    ],
)
def test_every_refusal_is_a_problem(firms: TwoFirms, method: str, path: str, status: int) -> None:
    answer = firms.client.request(method, path, headers={"Authorization": f"Bearer {firms.token}"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    kind = firms.client.get(problem["type"]).json()
    assert (kind["status"], kind["title"]) == (status, problem["title"])
    assert answer.headers["cache-control"] == "private, no-store" or status == 404
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_what_is_allowed_is_said(firms: TwoFirms) -> None:
    assert firms.client.put("/api/v1/sites").headers["allow"] == "GET, HEAD"


def test_head_says_what_get_would_without_the_body(firms: TwoFirms) -> None:
    headers = {"Authorization": f"Bearer {firms.token}", "Accept-Encoding": "identity"}
    get = firms.client.get("/api/v1/sites", headers=headers)
    head = firms.client.head("/api/v1/sites", headers=headers)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(get.headers)
    assert firms.client.head("/api/v1/sites").status_code == 401


def test_a_body_is_not_read(firms: TwoFirms) -> None:
    answer = firms.client.request("GET", "/api/v1/health", content=b"x" * 5_000)
    assert (answer.status_code, answer.json()["type"]) == (413, "/api/v1/problems/body-too-large")


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/json;q=0", "text/csv"])
def test_what_cannot_be_had_in_that_form_is_406(firms: TwoFirms, accept: str) -> None:
    assert firms.get("/sites", headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize(
    ("accept", "json", "csv"),
    [
        ("*/*", 1.0, 1.0),
        ("text/csv, */*;q=0.1", 0.1, 1.0),
        ("application/json;q=0.5,text/*;q=0.7", 0.5, 0.7),
        ("text/csv;q=0, */*", 1.0, 0.0),
        ("nonsense", 0.0, 0.0),
    ],
)
def test_the_closest_range_of_an_accept_header_counts(accept: str, json: float, csv: float) -> None:
    assert (weight(accept, "application/json"), weight(accept, "text/csv")) == (json, csv)


def test_a_typo_in_a_parameters_name_is_refused(firms: TwoFirms) -> None:
    answer = firms.get("/sites", params={"limt": 3})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["remedy"] == 'perhaps you mean "limit"'
    assert firms.get("/openapi.json", params={"x": 1}).status_code == 422


def test_all_lists_come_page_by_page_to_the_end(firms: TwoFirms) -> None:
    for path in (
        "/sites",
        "/quarantine",
        *(f"/sites/{SITE}/{name}" for name in ("devices", "latest", "events")),
    ):
        whole = firms.get(path, params={"limit": 1000}).json()["items"]
        assert len(whole) > 1, path
        assert firms.pages(path, limit=1) == whole


def test_a_cursor_holds_only_for_the_list_and_filters_it_came_from(firms: TwoFirms) -> None:
    path = f"/sites/{SITE}/events"
    cursor = firms.get(path, params={"limit": 1}).json()["next"]
    assert firms.get(path, params={"limit": 5, "cursor": cursor}).status_code == 200
    for other, params in (
        (path, {"kind": "badge"}),
        (f"/sites/{SITE}/latest", {}),
        (path, {"cursor": cursor[:-1] + ("A" if cursor[-1] != "A" else "B")}),
        (path, {"cursor": "A"}),
    ):
        answer = firms.get(other, params={"cursor": cursor} | params)
        assert (answer.status_code, answer.json()["type"]) == (400, "/api/v1/problems/cursor"), params


def test_a_token_that_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    with two_firms(tmp_path / "data", Rate(per_s=0.5, burst=3)) as firms:
        answers = [firms.get("/sites") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["retry-after"] in ("1", "2")
        assert firms.get("/sites", firms.issue()).status_code == 200


def test_a_bucket_fills_again_and_only_so_many_are_remembered() -> None:
    now = 0.0
    buckets = Buckets(Rate(per_s=2, burst=2), lambda: now, most=3)
    assert [buckets.take(1), buckets.take(1)] == [0.0, 0.0]
    assert buckets.take(1) == pytest.approx(0.5)
    now = 0.5
    assert buckets.take(1) == 0.0
    assert buckets.take(1) > 0
    for key in range(2, 10):
        buckets.take(key)
    assert len(buckets) == 3


def test_a_store_that_is_away_is_503_and_tells_nothing_of_itself(tmp_path: Path) -> None:
    with two_firms(tmp_path / "data") as firms:
        fresh = app_over(firms.stand)
        for part in firms.stand.folder.glob("timeseries.db*"):
            part.write_bytes(b"a disk that has gone mad" * 4_096)
        with TestClient(fresh, raise_server_exceptions=False) as client:
            headers = {"Authorization": f"Bearer {firms.token}"}
            answer = client.get(f"/api/v1/sites/{SITE}/latest", headers=headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert answer.json()["type"] == "/api/v1/problems/store-away"
        assert not re.search(r"disk|sqlite|malformed|\.db|Traceback", answer.text)


def test_what_goes_wrong_inside_stays_inside(firms: TwoFirms) -> None:
    app = app_over(firms.stand)
    (api,) = [route.app for route in app.routes if isinstance(route, Mount)]
    assert isinstance(api, FastAPI)
    object.__setattr__(api.state.sources, "clock", lambda: 1 // 0)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/sites", headers={"Authorization": f"Bearer {firms.token}"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "Zero" not in answer.text


def test_the_document_says_what_each_route_needs(firms: TwoFirms) -> None:
    document = firms.client.get("/api/v1/openapi.json").json()
    assert document["servers"] == [{"url": "/api"}]
    for path, operations in document["paths"].items():
        (operation,) = operations.values()
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        for parameter in operation.get("parameters", []):
            assert parameter["schema"].get("description") or parameter.get("description"), (path, parameter)
    replay = document["paths"]["/v1/quarantine/{item}/replay"]["post"]
    assert replay["security"] == [{"token": ["quarantine:write"]}]
    events = document["paths"]["/v1/sites/{site}/events"]["get"]
    assert events["security"] == [{"token": ["events:read"]}]
    assert document["paths"]["/v1/health"]["get"]["security"] == [{}, {"token": ["health:read"]}]


def test_every_field_of_an_answer_is_described(firms: TwoFirms) -> None:
    schemas = firms.client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    ours = {
        name: schema for name, schema in schemas.items() if name.endswith(("Answer", "Details", "Window"))
    }
    assert len(ours) > 10
    for name, schema in ours.items():
        for field, what in schema["properties"].items():
            described = what.get("description") or any(
                "description" in kind for kind in what.get("anyOf", [])
            )
            assert described, f"{name}.{field}: say what it is, and its unit"


def test_the_manual_names_every_route_and_every_kind_of_problem() -> None:
    text = DOCS.read_text("utf-8")
    routes = (route for resource in RESOURCES for route in resource.routes)
    for path in (route.path for route in routes if isinstance(route, APIRoute)):
        assert f"`{path}`" in text, f"docs/api.md: describe {path}"
    for kind in KINDS:
        assert f"`{kind}`" in text, f"docs/api.md: describe the problem {kind}"


def test_the_document_keeps_its_tag_while_the_process_runs(firms: TwoFirms) -> None:
    tag = firms.client.get("/api/v1/openapi.json").headers["etag"]
    again = firms.client.get("/api/v1/openapi.json", headers={"If-None-Match": f'"other", {tag}'})
    assert again.status_code == 304


def test_what_one_path_takes_by_post_is_no_matter_of_its_get(firms: TwoFirms) -> None:
    more = APIRouter()

    @more.post("/sites")
    def add(name: str) -> dict[str, str]:
        return {"name": name}

    services = firms.client.app.state.services  # type: ignore[attr-defined]
    sources = Sources(
        services.log, services.timeseries, services.records, services.records.accounts,
        services.records.tokens, services.clock, services.vitals,
    )  # fmt: skip
    with TestClient(create_api(sources, resources=(*RESOURCES, more))) as client:
        headers = {"Authorization": f"Bearer {firms.token}"}
        assert client.get("/v1/sites?limit=1", headers=headers).status_code == 200
        assert client.get("/v1/sites?name=x", headers=headers).status_code == 422
        assert client.post("/v1/sites?name=x").json() == {"name": "x"}
        assert client.post("/v1/sites?name=x&limit=1").status_code == 422
        assert client.put("/v1/sites").headers["allow"] == "GET, POST, HEAD"
