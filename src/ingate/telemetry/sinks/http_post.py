"""One POST to somebody's server, for one thread."""

from __future__ import annotations

import logging

import httpx2

from ingate.domain.upstream import CredentialReference

from .delivery import DeliveryFailed, ReadCredential, TooLarge

TIMEOUT = 10.0
"""Seconds: to connect, to write, and to be answered."""
ANSWER_BYTES = 64 * 1024
"""That are looked at."""


class Poster:
    """Verifies TLS, follows no redirects, and takes neither proxies nor credentials from the environment: what is
    sent goes where its owner said, and nowhere else."""

    def __init__(self, read_credential: ReadCredential, *, timeout: float = TIMEOUT) -> None:
        # They log URLs, at levels that operators use.
        for name in ("httpx2", "httpcore2"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._read_credential = read_credential
        self._client = httpx2.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def post(self, url: str, body: bytes, credential: CredentialReference | None) -> bytes:
        """The beginning of the answer. Raises DeliveryFailed, whose text holds neither the URL, which may be a secret
        of the receiver's, nor the credential."""
        headers = {"content-type": "application/json"}
        if credential is not None:
            headers["authorization"] = f"Bearer {self._read(credential)}"
        try:
            with self._client.stream("POST", url, content=body, headers=headers) as answer:
                if answer.status_code == 413:
                    raise TooLarge("answered 413")
                if not answer.is_success:
                    raise DeliveryFailed(f"answered {answer.status_code}")
                return _read_beginning(answer)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            raise DeliveryFailed(type(error).__name__) from None

    def close(self) -> None:
        self._client.close()

    def _read(self, credential: CredentialReference) -> str:
        """At each sending: a credential that was replaced takes effect."""
        try:
            return self._read_credential(credential)
        except (KeyError, OSError, ValueError):
            raise DeliveryFailed(f"its credential {credential} cannot be read") from None


def _read_beginning(answer: httpx2.Response) -> bytes:
    content = b""
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > ANSWER_BYTES:
            break
    return content
