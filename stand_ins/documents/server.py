"""`prebuilt-read` as Azure AI Document Intelligence answers it, of scans that carry their text."""

from itertools import count

from aiohttp import web

from stand_ins.documents.scan import NoScan, see
from stand_ins.resource import ResourceServer
from stand_ins.server import Settings

_MODELS = "/documentintelligence/documentModels"
_LOOKS = 2
"""Questions for a result until it is there."""

RETRY_AFTER_SECONDS = "0"


class DocumentsServer(ResourceServer):
    def __init__(self, port: int = 0, **options: str) -> None:
        super().__init__(port, **options)
        self._numbers = count(1)
        self._pages: dict[str, list[str]] = {}
        self._looks: dict[str, int] = {}

    @property
    def settings(self) -> Settings:
        return {
            "FABRIC_DOCUMENTS_URL": f"azure-document-intelligence://{self.host}",
            "FABRIC_DOCUMENTS_KEY": self.key,
        }

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/documentintelligence/info", self._info)
        router.add_post(f"{_MODELS}/{{model}}:analyze", self._analyze)
        router.add_get(f"{_MODELS}/{{model}}/analyzeResults/{{id}}", self._result)

    async def _info(self, request: web.Request) -> web.Response:
        return web.json_response({"customDocumentModels": {"count": 0, "limit": 0}})

    async def _analyze(self, request: web.Request) -> web.Response:
        model = request.match_info["model"]
        if model != "prebuilt-read":
            return _refused(404, "NotFound", "ModelNotFound")
        content = await request.read()
        if b"/Encrypt" in content:
            return _refused(400, "InvalidRequest", "UnsupportedContent")
        try:
            pages = see(content)
        except NoScan:
            return _refused(400, "InvalidRequest", "InvalidContent")
        id = f"result-{next(self._numbers)}"
        self._pages[id], self._looks[id] = pages, _LOOKS
        where = f"{self.url}{_MODELS}/{model}/analyzeResults/{id}?api-version=2024-11-30"
        headers = {"Operation-Location": where, "Retry-After": RETRY_AFTER_SECONDS}
        return web.Response(status=202, headers=headers)

    async def _result(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        if id not in self._pages:
            return _refused(404, "NotFound", "OperationNotFound")
        self._looks[id] -= 1
        if self._looks[id] > 0:
            headers = {"Retry-After": RETRY_AFTER_SECONDS}
            return web.json_response({"status": "running"}, headers=headers)
        pages = self._pages[id]
        result = {
            "apiVersion": "2024-11-30",
            "modelId": request.match_info["model"],
            "stringIndexType": "textElements",
            "content": "\n".join(pages),
            "pages": [{"pageNumber": n, "spans": []} for n, _ in enumerate(pages, start=1)],
        }
        return web.json_response({"status": "succeeded", "analyzeResult": result})


def _refused(status: int, code: str, inner: str) -> web.Response:
    inside = {"code": inner, "message": "no: SECRET WORDS OF A PERSON"}
    error = {"code": code, "message": "no", "innererror": inside}
    return web.json_response({"error": error}, status=status)
