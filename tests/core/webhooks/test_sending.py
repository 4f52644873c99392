"""One message goes out to where it may go and nowhere else, and whatever comes back is a result."""

import socket
import time
from datetime import timedelta

import pytest

from loyalty.core.webhooks import sending
from loyalty.core.webhooks.sending import send
from tests.core.webhooks.receiver import Receiver, receiving

PRIVATE = [
    "127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "5f00::1", "3fff::1",
]  # fmt: skip


@pytest.fixture
def nobody_private(settings) -> None:
    """No exceptions: as on the internet."""
    settings.WEBHOOK_ALLOWED_NETS = ()


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list:
    """Every address that is dialled; none is reached."""
    tried: list = []

    def refuse(address, *_args, **_kwargs):
        tried.append(address)
        raise OSError("not here")

    monkeypatch.setattr("urllib3.util.connection.create_connection", refuse)
    return tried


def answer_lookups(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Names are looked up here: the first answer first, then the next; what was asked."""
    asked: list[str] = []

    def looked_up(host, port, *_args, **_kwargs):
        asked.append(host)
        ip = answers[min(len(asked), len(answers)) - 1]
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (ip, port, *((0, 0) if ":" in ip else ())))]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return asked


@pytest.mark.parametrize("ip", PRIVATE)
def test_a_name_that_leads_inside_is_refused_and_not_dialled(nobody_private, dialled, monkeypatch, ip: str):
    answer_lookups(monkeypatch, ip)
    result = send("https://shop.example/hook", headers={}, body=b"{}")
    assert (result.error, result.status_code, dialled) == ("address_refused", None, [])


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:7f00:1]", "localhost"]
)
def test_loopback_is_refused_however_it_is_written(nobody_private, dialled, host: str):
    assert send(f"https://{host}/hook", headers={}, body=b"{}").error == "address_refused"
    assert dialled == []


def test_the_twin_a_public_one_is_dialled(nobody_private, dialled, monkeypatch):
    answer_lookups(monkeypatch, "93.184.216.34")
    assert send("https://shop.example/hook", headers={}, body=b"{}").error == "no_connection"
    assert dialled == [("93.184.216.34", 443)]


def test_a_name_is_looked_up_once_and_that_is_dialled(nobody_private, dialled, monkeypatch):
    """Who answers with a public address first and a private one a moment later gains nothing."""
    asked = answer_lookups(monkeypatch, "93.184.216.34", "127.0.0.1")
    send("https://rebinding.example/hook", headers={}, body=b"{}")
    assert asked == ["rebinding.example"] and dialled == [("93.184.216.34", 443)]


def test_what_the_operator_allows_is_reached_and_nothing_beside_it(receiver: Receiver, settings):
    settings.WEBHOOK_ALLOWED_NETS = ("10.0.0.0/8",)
    assert send(receiver.url, headers={}, body=b"{}").error == "address_refused"
    assert receiver.told == []
    settings.WEBHOOK_ALLOWED_NETS = ("127.0.0.0/8",)
    assert send(receiver.url, headers={}, body=b"{}").error == ""
    assert receiver.told[0].headers["host"] == receiver.url.split("/")[2]


def test_an_exception_that_was_taken_back_counts_at_once(receiver: Receiver, nobody_private):
    assert send(receiver.url, headers={}, body=b"{}").error == "address_refused"
    assert receiver.told == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_not_followed(receiver: Receiver, status: int):
    receiver.status, receiver.headers = status, {"Location": "/hooks/elsewhere"}
    result = send(receiver.url, headers={}, body=b"{}")
    assert (result.error, result.status_code, len(receiver.told)) == ("redirect", status, 1)


def test_cookies_proxies_and_passwords_of_this_machine_take_no_part(
    receiver: Receiver, monkeypatch, tmp_path
):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login mara password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    receiver.headers = {"Set-Cookie": "who=shop"}
    for _twice in range(2):
        assert send(receiver.url, headers={}, body=b"{}").error == ""
    assert not {"cookie", "authorization"} & set(receiver.told[1].headers)


def test_one_that_takes_its_time_is_cut_off(monkeypatch):
    monkeypatch.setattr(sending, "DEADLINE_SECONDS", 0.5)
    with receiving(waits=5.0) as slow:
        began = time.monotonic()
        assert send(slow.url, headers={}, body=b"{}").error == "timeout"
    assert time.monotonic() - began < 3


def test_one_that_drips_is_cut_off_and_what_it_said_first_counts(monkeypatch):
    """Each byte comes in time for the reading, all of them would take minutes: the status line is what decides."""
    monkeypatch.setattr(sending, "DEADLINE_SECONDS", 0.6)
    with receiving(says=b"x" * 900, drips=True) as slow:
        began = time.monotonic()
        result = send(slow.url, headers={}, body=b"{}")
    assert time.monotonic() - began < 3
    assert (result.status_code, result.error) == (200, "") and 1 <= len(result.response) < 20


def test_without_the_cut_it_would_go_on_dripping(monkeypatch):
    """The twin: the time for each reading alone does not end it."""
    monkeypatch.setattr(sending._Line, "cut", lambda _line: None)
    monkeypatch.setattr(sending, "DEADLINE_SECONDS", 0.3)
    with receiving(says=b"x" * 20, drips=True) as slow:
        began = time.monotonic()
        send(slow.url, headers={}, body=b"{}")
    assert time.monotonic() - began > 1.5


def test_after_one_was_cut_off_the_next_is_sent(receiver: Receiver, monkeypatch):
    monkeypatch.setattr(sending, "DEADLINE_SECONDS", 0.5)
    receiver.waits = 2.0
    assert send(receiver.url, headers={}, body=b"{}").error == "timeout"
    receiver.waits = 0.0
    assert send(receiver.url, headers={}, body=b"{}").error == ""


def test_a_great_answer_is_not_read_to_its_end(receiver: Receiver):
    receiver.says = b"x" * 20_000_000
    result = send(receiver.url, headers={}, body=b"{}")
    assert result.error == "" and len(result.response) == sending.KEPT_BYTES


@pytest.mark.parametrize(
    ("status", "header", "wished"),
    [
        (429, "7", 7),
        (503, "120", 120),
        (500, "7", None),
        (200, "7", None),
        (429, "x", None),
        (429, "-1", None),
        (429, "٣", None),
    ],
)
def test_the_wish_for_more_time_is_read_where_it_means_something(receiver: Receiver, status, header, wished):
    receiver.status = status
    if header.isascii():
        receiver.headers = {"Retry-After": header}
    found = send(receiver.url, headers={}, body=b"{}").wished
    assert found == (timedelta(seconds=wished) if wished and header.isascii() else None)


def test_nothing_that_goes_wrong_is_more_than_a_result(monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/", headers={}, body=b"{}").error == "no_connection"
    assert send("https://does-not-exist.invalid/", headers={}, body=b"{}").error == "no_connection"
    assert send("https://" + "x" * 70 + ".example/", headers={}, body=b"{}").error in (
        "no_connection",
        "address_refused",
    )
    with receiving() as plain:
        url = plain.url.replace("http://", "https://")
        assert send(url, headers={}, body=b"{}").error == "tls"
        assert send(plain.url, headers={"bad": "line\nbreak"}, body=b"{}").error == "no_connection"
