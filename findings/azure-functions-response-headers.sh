#!/bin/sh
# An HTTP function's answer loses headers on its way to the worker: of a repeated one only the last
# is left, a cookie with an attribute that http.cookies does not know is dropped without a word, and
# an answer that is returned a second time has lost its cookies.
# azure-functions 1.26.0; the cookie with Python below 3.14, which knows no `Partitioned`.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" azure-functions==1.26.0
PYTHONPATH=$folder python3 - <<'PYTHON'
import sys

import azure.functions as func
from azure.functions.http import HttpResponseConverter

answer = func.HttpResponse("hello")
answer.headers.add_header("Link", "</a>; rel=preload")
answer.headers.add_header("Link", "</b>; rel=preload")
answer.headers.add_header("Set-Cookie", "plain=1; Path=/; Secure")
answer.headers.add_header("Set-Cookie", "apart=2; Path=/; Secure; Partitioned")


def sent() -> tuple[list[str], list[str]]:
    value = HttpResponseConverter.encode(answer, expected_type=None).value
    links = [v.value for name, v in value["headers"].items() if name == "Link"]
    return links, [name for jar in value["cookies"] or () for name in jar]


(links, cookies), (_, again) = sent(), sent()
print("Link, two values given:", links)
print("cookies, two given:", cookies)
print("cookies of the same answer returned again:", again)
known = sys.version_info >= (3, 14)
as_found = links == ["</b>; rel=preload"] and cookies == ["plain"] + ["apart"] * known and not again
print("as found" if as_found else "CHANGED")
sys.exit(not as_found)
PYTHON
