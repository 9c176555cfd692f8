"""The lists of Harvest v3: what is sent, which links are followed, and lists that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from greenhouse_hrflow.errors import CredentialsRefused, FatalError, RequestRefused
from greenhouse_hrflow.greenhouse.settings import CHILDREN
from greenhouse_hrflow.sandbox import Fault, GreenhouseModes, Sandbox
from greenhouse_hrflow.windows import UpdateWindow
from greenhouse_hrflow_tests.greenhouse.conftest import START, Read, SetClock
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn


def test_a_window_is_asked_of_every_list_in_one_parameter(sandbox: Sandbox, read: Read) -> None:
    paths: list[str] = []
    sandbox.before_request(lambda _method, path: paths.append(path))
    read(sandbox)
    bounds = "updated_at=gte%7C2025-03-03T15%3A00%3A00.000Z%7Clt%7C2025-03-10T15%3A00%3A00.000Z"
    walks = [path for path in paths if "updated_at=" in path]
    assert len(walks) == 6
    assert all(path.split("?")[1] == f"per_page=500&{bounds}" for path in walks)
    assert not [path for path in paths if "private=" in path]


def test_pages_are_followed_to_the_last(crowd: Sandbox, read: Read) -> None:
    crowd.forget_requests()
    assert len(read(crowd, window=UpdateWindow(), children=[])) == 1100
    assert crowd.requests == {"POST /token": 1, "GET /v3/candidates": 3}


def test_a_refused_cursor_starts_its_list_again(crowd: Sandbox, read: Read) -> None:
    everybody = read(crowd)
    crowd.fail(Fault("422", path="cursor=", times=3))
    assert read(crowd).keys() == everybody.keys()
    crowd.fail(Fault("422", path="cursor=", times=None))
    with pytest.raises(RequestRefused, match="answered 422 to the list candidates"):
        read(crowd)
    crowd.heal()


def test_a_link_to_another_host_is_not_followed(crowd: Sandbox, read: Read) -> None:
    crowd.fail(Fault("foreign-link", path="^/v3/candidates"))
    with pytest.raises(FatalError, match="links to its next page on another host"):
        read(crowd)
    crowd.heal()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/v3/candidates?cursor=x",
        "https://{host}/v3/candidates?cursor=x",
        "http://{host}@localhost/v3/candidates?cursor=x",
        "http://localhost\\@{host}/v3/candidates?cursor=x",
        "http://[",
    ],
)
def test_the_token_goes_to_our_host_alone(address: str, read: Read) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        host = account.url.removeprefix("http://")
        return Reply([], headers={"Link": f'<{address.format(host=host)}>; rel="next"'})

    with StandIn(answer) as account:
        with pytest.raises(FatalError, match="another host"):
            read(account.url)
        assert len(account.asked) == 2


def test_pages_in_a_circle_end(read: Read) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        return Reply([], headers={"Link": f'<{asked.path}?cursor=same>; rel="next"'})

    with StandIn(answer) as account, pytest.raises(FatalError, match="go in a circle"):
        read(account.url)


@pytest.mark.parametrize("content", ['{"message": "later"}', '"text"', "7", "null"])
def test_an_answer_that_is_no_list_is_refused(content: Any, read: Read) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply({"access_token": "t"} if asked.path == "/token" else content)

    with StandIn(answer) as account, pytest.raises(RequestRefused, match="not a list of records"):
        read(account.url)


def test_a_missing_scope_is_named(clock: SetClock, read: Read) -> None:
    scopes = {"candidates", *CHILDREN} - {"candidate_educations"}
    with (
        Sandbox(
            people=5,
            started_on=START,
            clock=clock,
            greenhouse=GreenhouseModes(scopes=tuple(scopes)),
        ) as sandbox,
        pytest.raises(CredentialsRefused, match=r"harvest:candidate_educations:list.*Site Admin"),
    ):
        read(sandbox)


@pytest.mark.parametrize("version", ["v3", "v1"])
def test_where_the_largest_pages_are_refused_smaller_ones_are_read(
    sandbox: Sandbox, version: str, read: Read
) -> None:
    everybody = read(sandbox, version)
    modes = GreenhouseModes(most_per_page=7)
    with Sandbox(people=60, started_on=START, clock=SetClock(), greenhouse=modes) as other:
        assert read(other, version).keys() == everybody.keys()
        assert everybody
