"""The child process that is llama.cpp's own HTTP server: `python -m ingate.local_model.server`.

Its settings arrive as one line of JSON on standard input, so that its API key stands on no command line. Standard
input then stays open for as long as the parent lives: its end ends this process.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import time
from typing import Any

import msgspec

CONTEXT_TOKENS = 8192
"""What SmolLM2 was trained for. A model that was trained for less gets less."""

SLOTS = 2
"""Requests that are answered at the same time; they share the context. More wait."""

SEED = 1
_STANDARD_INPUT = 0
_PARENT_CHECK_SECONDS = 1.0


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the parent says."""

    weights: str
    port: int
    api_key: str
    parent_pid: int
    chat_template: str
    """Empty: the one in the weights."""
    cache_prompts: bool
    """Whether what a prompt shares with the one before it is not read again. The usage then depends on that one."""
    threads: int
    """-1: as many as llama.cpp thinks right."""


def main() -> None:
    # Ctrl-C reaches every process of the terminal; the parent is the one to act on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = msgspec.json.decode(_read_line(), type=ServerSettings)
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    if sys.platform != "win32":
        threading.Thread(target=_end_with_parent, args=(settings.parent_pid,), daemon=True).start()
    llama: Any = importlib.import_module("xllamacpp")
    try:
        server = llama.Server(_make_parameters(llama, settings))
    except RuntimeError as error:
        sys.exit(f"llama.cpp cannot serve {settings.weights}: {error}")
    _wait_for_ever(server)


def _make_parameters(llama: Any, settings: ServerSettings) -> Any:
    """Answers are deterministic unless a request asks otherwise.

    https://github.com/xorbitsai/xllamacpp has the meaning of each in params_reference.md.
    """
    parameters = llama.CommonParams()
    parameters.model.path = settings.weights
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = settings.port
    parameters.api_keys = [settings.api_key]
    parameters.cors_origins = ""
    parameters.ui = False
    parameters.use_jinja = True
    parameters.chat_template = settings.chat_template
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = SLOTS
    parameters.kv_unified = True
    parameters.cache_prompt = settings.cache_prompts
    parameters.cache_ram_mib = 0
    parameters.cache_idle_slots = False
    for processor in (parameters.cpuparams, parameters.cpuparams_batch):
        processor.n_threads = settings.threads
        processor.poll = 0  # llama.cpp's threads would wait for each other by spinning, on a machine that others use
    parameters.sampling.temp = 0.0
    parameters.sampling.seed = SEED
    return parameters


def _wait_for_ever(server: object) -> None:
    """The server's threads answer; it must not be collected."""
    while server is not None:
        time.sleep(3600)


def _read_line() -> bytes:
    """Of standard input, past Python's buffer: a thread that waits on that buffer would spoil this process's exit."""
    line = bytearray()
    while not line.endswith(b"\n") and (data := os.read(_STANDARD_INPUT, 65536)):
        line += data
    return bytes(line)


def _end_with_standard_input() -> None:
    while os.read(_STANDARD_INPUT, 1024):
        pass
    os._exit(0)


def _end_with_parent(parent_pid: int) -> None:
    """For a parent whose end of the pipe lives on in another of its children."""
    while os.getppid() == parent_pid:
        time.sleep(_PARENT_CHECK_SECONDS)
    os._exit(0)


if __name__ == "__main__":
    main()
