"""A person at a web page: sees its form, fills it in and sends it."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2


class _Form(HTMLParser):
    """The first form of a page: where it goes, and its fields with what is in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = attributes.get("action", "")
        if tag == "input" and "name" in attributes:
            self.fields[attributes["name"]] = attributes.get("value", "")


def send_form(browser: httpx2.Client, page: httpx2.Response, **fields: str) -> httpx2.Response:
    """With what the page has filled in, and `fields`."""
    assert page.status_code == 200, page.text
    form = _Form(page.text)
    assert set(fields) <= {*form.fields, "action"}, f"no such field among {sorted(form.fields)}"
    return browser.post(urljoin(str(page.url), form.action), data=form.fields | fields)


def approve_device(
    browser: httpx2.Client, address: str, code: str, *, user_name: str, password: str
) -> httpx2.Response:
    """Enters the code that a device shows, and signs in there."""
    sign_in = send_form(browser, browser.get(address), user_code=code, action="next")
    return send_form(browser, sign_in, username=user_name, password=password, action="sign-in")
