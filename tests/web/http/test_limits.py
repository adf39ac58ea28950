"""How large a body may be, whatever it says of itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from web.http.limits import OF_READING_BYTES, OF_WRITING_BYTES, BodyLimit, Larger


async def told(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = Starlette(
        routes=[Route("/form", told, methods=["GET", "POST"]), Route("/files/new", told, methods=["POST"])]
    )
    app.add_middleware(
        BodyLimit,
        refuse=lambda _scope: PlainTextResponse("too large", 413),
        larger=(Larger("/files/", 2 * OF_WRITING_BYTES),),
    )
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("GET", "/form", OF_READING_BYTES),
        ("POST", "/form", OF_WRITING_BYTES),
        ("POST", "/files/new", 2 * OF_WRITING_BYTES),
    ],
)
@pytest.mark.parametrize("whole", [True, False], ids=["with its length", "in pieces"])
def test_a_body_is_taken_up_to_its_routes_bound(
    client: TestClient, method: str, path: str, most: int, whole: bool
) -> None:
    def sent(size: int) -> Response:
        content = b"x" * size if whole else iter([b"x" * (size // 2), b"x" * (size - size // 2)])
        return client.request(method, path, content=content)  # type: ignore[return-value]

    assert sent(most).status_code == 200
    assert sent(most + 1).status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "\u0663", "", "0x10"])
def test_a_length_that_is_no_number_is_refused(client: TestClient, length: str) -> None:
    headers = [(b"Content-Length", length.encode())]
    assert client.post("/form", headers=headers).status_code == 413
