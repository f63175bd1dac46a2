"""Route templates match as the Functions host's do."""

import pytest

from cli.function import Function
from cli.routes import Routes
from shared.errors import ConfigurationError


def function(name: str, route: str | None, *methods: str) -> Function:
    trigger = {"type": "httpTrigger", "name": "req", "route": route, "methods": list(methods)}
    return Function(name, trigger, lambda req: None)


def hit(routes: Routes, method: str, path: str) -> tuple[str, dict[str, str]] | None:
    found = routes.match(method, path)
    return (found[0].name, dict(found[1])) if found else None


def test_a_parameter_is_percent_decoded() -> None:
    routes = Routes([function("teams", "teams/{bot}", "POST")])
    assert hit(routes, "POST", "teams/help%20desk") == ("teams", {"bot": "help desk"})
    assert hit(routes, "POST", "teams/a%2Fb") == ("teams", {"bot": "a/b"})
    assert hit(routes, "POST", "teams/%ff") == ("teams", {"bot": "\ufffd"})


@pytest.mark.parametrize("path", ["teams", "teams/", "teams/a/b", "x/teams/a", "teamsa"])
def test_another_path_does_not_match(path: str) -> None:
    assert hit(Routes([function("teams", "teams/{bot}", "POST")]), "POST", path) is None


def test_another_method_does_not_match() -> None:
    assert hit(Routes([function("health", "health", "GET")]), "HEAD", "health") is None


def test_without_methods_all_match() -> None:
    assert hit(Routes([function("any", "any")]), "PATCH", "any") == ("any", {})


def test_without_a_route_the_name_is_it() -> None:
    assert hit(Routes([function("ping", None, "GET")]), "GET", "ping") == ("ping", {})


def test_an_optional_typed_parameter() -> None:
    routes = Routes([function("items", "items/{id:int?}", "GET")])
    assert hit(routes, "GET", "items") == ("items", {})
    assert hit(routes, "GET", "items/7") == ("items", {"id": "7"})
    assert hit(routes, "GET", "items/seven") is None


def test_a_catch_all_takes_the_rest() -> None:
    routes = Routes([function("files", "files/{*path}", "GET")])
    assert hit(routes, "GET", "files/a/b%20c") == ("files", {"path": "a/b c"})
    assert hit(routes, "GET", "files") == ("files", {})


def test_a_literal_comes_before_a_parameter() -> None:
    routes = Routes(
        [function("one", "things/{id}", "GET"), function("special", "things/special", "GET")]
    )
    assert hit(routes, "GET", "things/special") == ("special", {})
    assert hit(routes, "GET", "things/other") == ("one", {"id": "other"})


def test_a_literal_ignores_case_and_a_trailing_slash() -> None:
    assert hit(Routes([function("health", "health", "GET")]), "GET", "Health/") == ("health", {})


@pytest.mark.parametrize("route", ["admin/x", "runtime", "Admin/{id}"])
def test_reserved_routes_are_refused(route: str) -> None:
    with pytest.raises(ConfigurationError, match="f: a route must not start with"):
        Routes([function("f", route, "GET")])


@pytest.mark.parametrize(
    ("first", "second"),
    [(["GET"], ["GET"]), (["GET", "POST"], ["POST"]), ([], [])],
)
def test_two_functions_of_one_route_are_refused(first: list[str], second: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="a and b have the same route"):
        Routes([function("a", "x/{one}", *first), function("b", "X/{two}", *second)])


def test_one_route_for_each_method_is_fine() -> None:
    routes = Routes([function("a", "x", "GET"), function("b", "x", "POST")])
    assert hit(routes, "POST", "x") == ("b", {})


@pytest.mark.parametrize("route", ["x/{id:regex}", "x/a{id}"])
def test_what_the_local_host_cannot_read_is_named(route: str) -> None:
    with pytest.raises(ConfigurationError, match="local host"):
        Routes([function("f", route, "GET")])
