"""The plainest clients of the sandbox's APIs, so that its tests lean on none of the project's."""

from __future__ import annotations

from typing import Any

import requests

from greenhouse_hrflow.sandbox import Sandbox


def mint(sandbox: Sandbox, **form: str) -> requests.Response:
    """POST the token endpoint with the right credentials."""
    env = sandbox.environment()
    credentials = (env["GREENHOUSE_CLIENT_ID"], env["GREENHOUSE_CLIENT_SECRET"])
    form = form or {"grant_type": "client_credentials"}
    return requests.post(env["GREENHOUSE_TOKEN_URL"], data=form, auth=credentials, timeout=10)


class Client:
    """A session on one API."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.session = requests.Session()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.base}{path}"
        return self.session.request(method, url, timeout=10, **options)

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return self.call("GET", path, params=parameters)

    def walk(self, path: str, **parameters: Any) -> list[list[dict[str, Any]]]:
        """Every page of a list, following ``next``."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        pages = [answer.json()]
        while "next" in answer.links:
            answer = self.get(answer.links["next"]["url"])
            pages.append(answer.json())
        return pages

    def rows(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """All rows of a list."""
        return [row for page in self.walk(path, **parameters) for row in page]


class V3(Client):
    """Harvest v3 with a fresh token."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(f"{sandbox.url}/v3/")
        self.session.headers["Authorization"] = f"Bearer {mint(sandbox).json()['access_token']}"


class V1(Client):
    """Harvest v1 with the API key."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(f"{sandbox.url}/v1/")
        self.session.auth = (sandbox.environment()["GREENHOUSE_API_KEY"], "")


class HrFlow(Client):
    """HrFlow with the key that may read and write."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(f"{sandbox.hrflow_url}/")
        env = sandbox.environment()
        self.source_key = env["HRFLOW_SOURCE_KEY"]
        self.session.headers["X-API-KEY"] = env["HRFLOW_API_SECRET"]
        self.session.headers["X-USER-EMAIL"] = env["HRFLOW_API_USER"]

    def profile(self, reference: str) -> requests.Response:
        return self.get("profile/indexing", source_key=self.source_key, reference=reference)

    def put(self, **profile: Any) -> requests.Response:
        body = {"source_key": self.source_key} | profile
        return self.call("PUT", "profile/indexing", json=body)
