"""A browser: keeps cookies, sees a page's form, fills it in and sends it."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx2


class Form(HTMLParser):
    """The first form of a page: where it goes, and its fields with what is in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = attributes.get("action")
        if tag == "input" and "name" in attributes:
            self.fields[attributes["name"]] = attributes.get("value", "")


class Browser:
    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self.address = ""
        self.page = ""

    async def open(self, address: str) -> httpx2.Response:
        return self._show(address, await self._http.get(address))

    async def send(self, **fields: str) -> httpx2.Response:
        """The form on the page, with these fields filled in."""
        form = Form(self.page)
        address = form.action or self.address
        return self._show(address, await self._http.post(address, data=form.fields | fields))

    def _show(self, address: str, answer: httpx2.Response) -> httpx2.Response:
        self.address, self.page = address, answer.text
        return answer
