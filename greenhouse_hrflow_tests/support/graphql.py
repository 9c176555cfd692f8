"""What Dagster's webserver answers to its UI: its own application, asked over GraphQL."""

from __future__ import annotations

import asyncio
import json
import sys
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, cast

import dagster as dg
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster_graphql.schema import create_schema
from dagster_webserver.app import create_app_from_workspace_process_context
from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
)

_COMPOSED = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)
_LEFT_OUT = frozenset(
    # They lead from a thing back to all others.
    {"repository", "repositories", "assets", "runs", "solidHandles"}
    # Dagster's own answers to these are errors.
    | {"pipelineName", "ErrorChainLink.message", "AssetNode.dataVersionByPartition"}
    | {"AssetNode.staleStatusByPartition", "AssetNode.staleCausesByPartition"}
)
_HAS_CAUSES = frozenset({"PythonError"})
"""What may stand in itself."""


class Ui:
    """The UI of one code location, as far as GraphQL shows it."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer.

        Raises:
            RuntimeError: it holds errors.
        """
        body = json.dumps({"query": query, "variables": variables}).encode()
        answer = json.loads(asyncio.run(self._post(body)))
        if answer.get("errors"):
            raise RuntimeError(json.dumps(answer["errors"])[:2000])
        return answer["data"]

    def everything_of(self, type_name: str, depth: int) -> str:
        """A selection of every field of a type that needs no argument, so many levels deep."""
        return self._selection(self._schema.type_map[type_name], depth, ())

    @cached_property
    def _schema(self) -> GraphQLSchema:
        return create_schema().graphql_schema

    def _selection(self, of: GraphQLNamedType, depth: int, above: tuple[str, ...]) -> str:
        """`{ … }` over an object, or over each of those that an interface or a union stands for."""
        if isinstance(of, GraphQLInterfaceType | GraphQLUnionType):
            possible = self._schema.get_possible_types(of)
            inner = [f"... on {o.name} {self._selection(o, depth, above)}" for o in possible]
        else:
            inner = self._fields(cast("GraphQLObjectType", of), depth, above)
        return f"{{ __typename {' '.join(inner)} }}"

    def _fields(self, of: GraphQLObjectType, depth: int, above: tuple[str, ...]) -> Iterator[str]:
        for name, field in of.fields.items():
            is_left_out = not _LEFT_OUT.isdisjoint((name, f"{of.name}.{name}"))
            if is_left_out or any(map(is_required_argument, field.args.values())):
                continue
            inner = get_named_type(field.type)
            # An alias of its own: two objects may give one name to fields of two types.
            alias = f"{of.name}_{name}: {name}"
            if not isinstance(inner, _COMPOSED):
                yield alias
            elif depth and (inner.name not in above or inner.name in _HAS_CAUSES):
                yield f"{alias} {self._selection(inner, depth - 1, (*above, of.name))}"

    async def _post(self, body: bytes) -> bytes:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"host", b"127.0.0.1")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        answered: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            answered.append(message.get("body", b""))

        await self._application(scope, receive, send)
        return b"".join(answered)


@contextmanager
def open_ui(instance: dg.DagsterInstance, module: str) -> Generator[Ui]:
    """The webserver on an instance and the definitions of a module, all in this process."""
    target = LoadableTargetOrigin(executable_path=sys.executable, module_name=module)
    origin = InProcessCodeLocationOrigin(target, location_name=module)
    with warnings.catch_warnings():
        # Dagster reads what it has deprecated itself.
        warnings.simplefilter("ignore", DeprecationWarning)
        with WorkspaceProcessContext(instance, InProcessWorkspaceLoadTarget(origin)) as workspace:
            yield Ui(create_app_from_workspace_process_context(workspace))
