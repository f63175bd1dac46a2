"""Runs an app on Microsoft's Python worker code: index it, invoke functions, print JSON.

`python worker_driver.py APP_FOLDER RUNTIME_FOLDER`, with a JSON list of invocations on stdin:
`{"function", "input": {kind: value}, "metadata": {name: {kind: value}}, "traceparent"}`, where kind
is a field of the protocol's TypedData. The worker takes its protobuf module by injection; the plain
classes here stand in for it. Its state is global, so one process holds one app. Where the worker is
told to use OpenTelemetry, the answer has the spans that were exported.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import Any

KINDS = ("http", "string", "bytes", "json", "int", "double")


class Message:
    """A protocol message: whatever fields it is given."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class TypedData(Message):
    def WhichOneof(self, _: str) -> str | None:
        return next((kind for kind in KINDS if kind in self.__dict__), None)


class ParameterBinding(Message):
    def WhichOneof(self, _: str) -> str:
        return "data"


class BindingInfo(Message):
    """The numbers of FunctionRpc.proto."""

    undefined, out, inout = 0, 1, 2


class StatusResult(Message):
    Failure, Success = 0, 1


class Protocol(SimpleNamespace):
    """Every other message is a plain one."""

    def __getattr__(self, name: str) -> type[Message]:
        if not name[:1].isupper():
            raise AttributeError(name)
        return type(name, (Message,), {})


PROTOS = Protocol(
    TypedData=TypedData,
    ParameterBinding=ParameterBinding,
    BindingInfo=BindingInfo,
    StatusResult=StatusResult,
)


async def drive(folder: str, invocations: list[dict[str, Any]]) -> dict[str, Any]:
    runtime: Any = import_module("azure_functions_runtime")
    memory = provide()

    runtime.start_threadpool_executor()
    init = SimpleNamespace(capabilities={}, function_app_directory=folder)
    request = SimpleNamespace(
        request=SimpleNamespace(worker_init_request=init),
        properties={"protos": PROTOS, "host": "127.0.0.1"},
    )
    started = await runtime.worker_init_request(request)
    if started.result.status != StatusResult.Success:
        return {"error": started.result.exception.stack_trace}
    found = (await runtime.functions_metadata_request(None)).function_metadata_results
    ids = {function.name: function.function_id for function in found}
    triggers = {function.name: _trigger(function) for function in found}
    results = [
        _result(
            await runtime.invocation_request(
                _request(ids[one["function"]], triggers[one["function"]]["name"], one)
            )
        )
        for one in invocations
    ]
    bindings = {
        function.name: [json.loads(binding) for binding in function.raw_bindings]
        for function in found
    }
    return {"bindings": bindings, "results": results, "spans": list(map(_span, memory()))}


def provide() -> Callable[[], Sequence[Any]]:
    """Set up OpenTelemetry's SDK as an app does with that setting; return who has what ended."""
    if not os.environ.get("PYTHON_ENABLE_OPENTELEMETRY"):
        return lambda: ()
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    provider, memory = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    trace.set_tracer_provider(provider)
    return memory.get_finished_spans


def _span(span: Any) -> dict[str, Any]:
    return {
        "name": span.name,
        "trace": f"{span.context.trace_id:032x}",
        "id": f"{span.context.span_id:016x}",
        "parent": f"{span.parent.span_id:016x}" if span.parent else "",
        "links": [f"{link.context.trace_id:032x}" for link in span.links],
    }


def _trigger(function: Any) -> dict[str, Any]:
    bindings = map(json.loads, function.raw_bindings)
    return next(binding for binding in bindings if binding["type"].endswith("Trigger"))


def _request(function_id: str, parameter: str, one: dict[str, Any]) -> Any:
    metadata = {name: TypedData(**value) for name, value in one.get("metadata", {}).items()}
    trace = Message(trace_parent=one.get("traceparent", ""), trace_state="", attributes={})
    return SimpleNamespace(
        request=SimpleNamespace(
            invocation_request=Message(
                invocation_id="invocation",
                function_id=function_id,
                input_data=[ParameterBinding(name=parameter, data=_data(one["input"]))],
                trigger_metadata=metadata,
                trace_context=trace,
                retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
            )
        )
    )


def _data(value: dict[str, Any]) -> TypedData:
    if "http" not in value:
        return TypedData(**value)
    given = value["http"]
    return TypedData(
        http=Message(
            method=given["method"],
            url="http://localhost/api",
            headers=given.get("headers", {}),
            params=given.get("params", {}),
            query=given.get("query", {}),
            body=TypedData(bytes=given.get("body", "").encode()),
        )
    )


def _result(response: Any) -> dict[str, Any]:
    if response.result.status != StatusResult.Success:
        return {"error": response.result.exception.stack_trace}
    value = response.return_value
    if value is None:
        return {}
    answer = value.http
    return {
        "status": int(answer.status_code),
        "headers": dict(answer.headers),
        "body": answer.body.bytes.decode(),
    }


def main() -> None:
    folder, runtime = sys.argv[1:]
    sys.path[:0] = [folder, runtime]
    os.chdir(folder)
    print(json.dumps(asyncio.run(drive(folder, json.load(sys.stdin)))))


if __name__ == "__main__":
    main()
