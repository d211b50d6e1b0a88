"""Who is let in to the page: Host, Origin, token; no way out of its folder."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from ui_pages import HOST, PORT

from rtsynth.ui.app import make_app, page_files
from rtsynth.ui.gate import COOKIE, Gate
from rtsynth.ui.room import PlayerRoom

pytest_plugins = ["ui_pages"]


def test_the_page_and_all_its_parts_come_with_a_strict_policy(client: TestClient) -> None:
    for path in page_files():
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<title>rtsynth</title>" in client.get("/").text


def test_the_page_asks_nothing_of_the_network() -> None:
    for path, (content, _) in page_files().items():
        text = content.decode("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert "style=" not in text, path  # the policy forbids it


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}",
             f"localhost.evil.example:{PORT}", ""],
)  # fmt: skip
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 403
    assert answer.text.startswith("refused: this is not")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_every_name_of_the_loopback_is_let_in(client: TestClient, name: str) -> None:
    assert client.get("/", headers={"host": f"{name}:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "null"}, {"origin": f"https://{HOST}"},
     {"origin": f"http://{HOST}.evil.example"}, {},
     {"origin": "http://evil.example:8420", "host": "evil.example:8420"}],
)  # fmt: skip
def test_a_foreign_page_gets_no_socket(client: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/play", headers={"host": HOST, **headers}),
    ):
        pass


def test_there_is_no_way_out_of_the_folder(client: TestClient) -> None:
    for path in ("/../server.py", "/%2e%2e/server.py", "/js/../../server.py", "//etc/passwd",
                 "/static/index.html", "/js/", "/js/%00", "/play"):  # fmt: skip
        assert client.get(path).status_code == 404, path
    assert client.post("/").status_code == 405


@pytest.fixture
def guarded(room: PlayerRoom) -> Iterator[TestClient]:
    """A server on an address that others reach, which asks for a token."""
    gate = Gate(make_app(room), "0.0.0.0", PORT, "secret")
    with TestClient(gate, base_url=f"http://192.168.0.7:{PORT}", follow_redirects=False) as client:
        yield client


def test_elsewhere_a_token_is_asked_for(guarded: TestClient) -> None:
    assert guarded.get("/").status_code == 403
    assert guarded.get("/?token=wrong").status_code == 403
    assert guarded.get("/", headers={"cookie": f"{COOKIE}=wrong"}).status_code == 403
    answer = guarded.get("/?token=secret")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=Strict" in answer.headers["set-cookie"]
    assert guarded.get("/").status_code == 200  # the cookie is kept


def test_elsewhere_a_socket_needs_the_token_too(guarded: TestClient) -> None:
    host = f"192.168.0.7:{PORT}"
    headers = {"host": host, "origin": f"http://{host}"}
    with (
        pytest.raises(WebSocketDisconnect),
        guarded.websocket_connect("/play?token=secret", headers=headers),
    ):
        pass
    headers["cookie"] = f"{COOKIE}=secret"
    with guarded.websocket_connect("/play", headers=headers) as socket:
        assert socket.receive_json()["kind"] == "hello"


def test_elsewhere_a_name_that_could_be_rebound_is_refused(guarded: TestClient) -> None:
    headers = {"host": f"evil.example:{PORT}", "cookie": f"{COOKIE}=secret"}
    assert guarded.get("/", headers=headers).status_code == 403
