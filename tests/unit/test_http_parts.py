"""What http is made of: addresses, deadlines and clients."""

from __future__ import annotations

import pytest

from nbkit import Deadlines, ServerAnswerError
from nbkit._http import addresses
from nbkit.http import Client

# Addresses


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ("http://127.0.0.1:8000", ("http://127.0.0.1:8000", None)),
        (" https://api.example.com/v1/ ", ("https://api.example.com/v1", None)),
        ("http://me:se%3Acret@host:1/x", ("http://host:1/x", "me:se:cret")),
        ("http://me@host", ("http://host", "me:")),
        ("http://[::1]:8000/", ("http://[::1]:8000", None)),
    ],
)
def test_an_address_is_parted_from_its_user(given, parsed):
    assert addresses.parse(given) == parsed


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("127.0.0.1:8000", "an address such as"),
        ("ftp://host", "an address such as"),
        ("http://", "an address such as"),
        ("", "an address such as"),
        ("http://host:port", "no address"),
        ("http://host/v1?key=canary", "has a query"),
    ],
)
def test_what_is_no_address_is_refused_without_its_secrets(given, says):
    with pytest.raises(ValueError, match=says) as caught:
        addresses.parse(given)
    assert "canary" not in str(caught.value)


def test_an_address_is_a_str():
    with pytest.raises(TypeError, match="a str, not bytes"):
        addresses.parse(b"http://host")


def test_an_address_is_shown_without_user_query_and_fragment():
    assert addresses.shown("https://me:canary@host:8/v1?key=canary#canary") == "https://host:8/v1"
    assert addresses.shown("http://[canary") == "an address that cannot be read"


def test_an_origin_is_scheme_host_and_port():
    origin = addresses.origin
    assert origin("https://host/a") == origin("https://host:443/b?c")
    assert len({origin(a) for a in ("http://h", "https://h", "http://h:81", "http://i")}) == 4


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]", True),
        ("http://localhost:8000", True),
        ("http://a.localhost", True),
        ("http://localhost.example.com", False),
        ("http://10.0.0.1", False),
    ],
)
def test_this_machine_is_known_by_its_names(address, is_one):
    assert addresses.is_loopback(address) is is_one


@pytest.mark.parametrize(
    "address",
    [
        "http://93.184.216.34/a.png",
        "https://127.0.0.1/a.png",
        "https://localhost/a.png",
        "https://10.1.2.3/a.png",
        "https://192.168.1.1/a.png",
        "https://172.16.0.1/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://2130706433/",
        "https://0x7f000001/",
        "ftp://93.184.216.34/",
    ],
)
async def test_no_private_address_is_fetched(address):
    with pytest.raises(ServerAnswerError, match="is not fetched: "):
        await addresses.pinned(address)


async def test_a_public_address_is_pinned_to_its_number():
    at, host, name = await addresses.pinned("https://93.184.216.34:8443/a.png?size=1#x")
    assert at == "https://93.184.216.34:8443/a.png?size=1"
    assert (host, name) == ("93.184.216.34:8443", "93.184.216.34")


# Deadlines and clients


@pytest.mark.parametrize("name", ["connect", "between", "total"])
@pytest.mark.parametrize("value", [0, -1, "3", True, float("nan")])
def test_a_deadline_is_a_number_of_seconds_above_0(name, value):
    with pytest.raises(ValueError, match=f"{name} is a number of seconds"):
        Deadlines(**{name: value})


def test_a_client_shows_its_address_and_no_more():
    client = Client("http://me:canary-word@127.0.0.1:8000/v1/")
    assert repr(client) == "Client('http://127.0.0.1:8000/v1')"
    assert client.key is not None
    assert "canary" not in repr(vars(client))
