"""What lies at the root: for robots, and for whoever asks whose host this is."""

from __future__ import annotations

from starlette.testclient import TestClient

from benchmarks.opened import BROWSER
from tests.web.services import services_over
from tests.web.site_day import TOKEN, Stand
from web.app import create_app
from web.settings import WebOptions


def test_the_files_that_the_settings_name_are_at_the_root_and_no_others(stand: Stand) -> None:
    settings = WebOptions(verification_files={"MP_verify_Ab12.txt": "Ab12"})
    with TestClient(create_app(services_over(stand, settings=settings))) as client:
        assert client.get("/MP_verify_Ab12.txt").text == "Ab12"
        for path in ("/MP_verify_other.txt", "/google1.html", "/x.xml", "/a/MP_verify_Ab12.txt"):
            assert client.get(path).status_code == 404


def test_the_number_of_the_ministry_stands_at_the_foot_of_customers_pages_and_doors(stand: Stand) -> None:
    settings = WebOptions(icp_number="京ICP备12345678号-1")
    with TestClient(
        create_app(services_over(stand, settings=settings)), headers={"User-Agent": BROWSER}
    ) as client:
        for path in (f"/p/{TOKEN}", "/c/firm/no-such", "/door/sign-in"):
            text = client.get(path).text
            assert "京ICP备12345678号-1" in text, path
            assert 'href="https://beian.miit.gov.cn/"' in text
