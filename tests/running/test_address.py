"""The port: free, taken, or not ours to have."""

import http.server
import socket
import threading

import pytest

from dicomgallery.errors import ConflictError, SettingError
from dicomgallery.settings import Settings, load
from dicomgallery.supervisor import address


@pytest.mark.parametrize("option", [socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_a_taken_port_is_one_clear_sentence(option: int) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, option, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(ConflictError, match=f"Port {port} on 127.0.0.1 is already in use") as caught:
            address.demand_free(Settings(port=port), patience_seconds=0)

    assert "\n" not in caught.value.message
    assert f"--port {port + 1}" in caught.value.message


def test_a_taken_port_of_ohif_is_told_by_its_own_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as other:
        port, taken = free.getsockname()[1], other.getsockname()[1]
        free.close()

        with pytest.raises(ConflictError, match=f"choose another: DICOMGALLERY_OHIF_PORT={taken + 1}"):
            address.demand_free(Settings(port=port, ohif_port=taken), patience_seconds=0)


def test_ohif_has_another_port_than_the_gallery() -> None:
    with pytest.raises(SettingError, match="DICOMGALLERY_OHIF_PORT must be another"):
        load({"DICOMGALLERY_PORT": "5001", "DICOMGALLERY_OHIF_PORT": "5001"})


def test_a_port_that_comes_free_in_time_is_had() -> None:
    other = socket.create_server(("127.0.0.1", 0))
    port = other.getsockname()[1]
    threading.Timer(0.3, other.close).start()

    address.demand_free(Settings(port=port), patience_seconds=5)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(port=70_000), "at most 65535"),
        (Settings(ohif_port=70_000), "DICOMGALLERY_OHIF_PORT must be at most 65535"),
        (Settings(host="192.0.2.1"), "not an address of this machine"),
        (Settings(host="no such host."), "not an address of this machine"),
    ],
)
def test_what_can_never_be_had_is_said_so(settings: Settings, words: str) -> None:
    with pytest.raises((SettingError, ConflictError), match=words):
        address.demand_free(settings, patience_seconds=0)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://127.0.0.1:5000"),
        ("::1", "http://[::1]:5000"),
        ("gallery.example", "http://gallery.example:5000"),
    ],
)
def test_the_url_can_be_opened_on_this_machine(host: str, url: str) -> None:
    assert address.url(Settings(host=host)) == url


@pytest.mark.parametrize(("status", "well"), [(200, True), (503, False)])
def test_only_a_healthy_answer_counts(status: int, well: bool) -> None:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert address.answers(Settings(port=server.server_port)) is well
        thread.join()
    assert not address.answers(Settings(port=server.server_port))
