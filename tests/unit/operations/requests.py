"""Requests of operators, as the host hands them over."""

from collections.abc import Mapping

import azure.functions as func


def get(path: str, headers: Mapping[str, str], method: str = "GET") -> func.HttpRequest:
    return func.HttpRequest(
        method=method, url=f"https://bots.contoso.example/api/{path}", headers=headers, body=b"{}"
    )
