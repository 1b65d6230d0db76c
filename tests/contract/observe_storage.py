"""Uses Files and Skills as an application with `anthropic` 0.75.0 would, and prints what it saw, as JSON.

Run by that version's interpreter; test_files_and_skills.py judges. Takes BASE_URL and API_KEY from the environment.
The newest version's types are others, so this file is not type-checked.
"""

# pyright: basic, reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import anthropic
from anthropic import AnthropicFoundry

client = AnthropicFoundry(base_url=os.environ["BASE_URL"], api_key=os.environ["API_KEY"], max_retries=0)
files, skills = client.beta.files, client.beta.skills
SKILL_MD = b"---\nname: greeting\ndescription: How to greet.\n---\n# Hello\n"
BUNDLE = [("greeting/SKILL.md", SKILL_MD, "text/markdown")]
TITLE = "Greeting in the beta"


def observe_error(ask: Callable[[], object]) -> list[Any]:
    try:
        ask()
    except anthropic.APIStatusError as error:
        body: Any = error.body
        return [error.status_code, body["error"]["message"]]
    return [200, "no error was raised"]


def observe_files() -> dict[str, Any]:
    uploaded = [files.upload(file=(f"{n}.pdf", b"%PDF-1.7", "application/pdf")).id for n in range(3)]
    page = files.list(limit=2)
    seen = {
        "uploaded": uploaded,
        "listed": [file.id for file in files.list(limit=1)],
        "page": {"ids": [file.id for file in page.data], "has_more": page.has_more},
        "file": json.loads(files.retrieve_metadata(uploaded[0]).to_json()),
        "not_downloadable": observe_error(lambda: files.download(uploaded[0])),
    }
    for file_id in uploaded:
        files.delete(file_id)
    return {**seen, "not_found": observe_error(lambda: files.retrieve_metadata(uploaded[0]))}


def observe_skills() -> dict[str, Any]:
    skill = skills.create(display_title=TITLE, files=BUNDLE)
    first = skills.versions.retrieve(skill.latest_version, skill_id=skill.id)
    second = skills.versions.create(skill.id, files=BUNDLE).version
    seen = {
        "skill": json.loads(skill.to_json()),
        "version_1": json.loads(first.to_json()),
        "version_2": second,
        "title_taken": observe_error(lambda: skills.create(display_title=TITLE, files=BUNDLE)),
        "versions_remain": observe_error(lambda: skills.delete(skill.id)),
        "versions": [version.version for version in skills.versions.list(skill.id, limit=1)],
    }
    for version in (skill.latest_version, second):
        skills.versions.delete(version, skill_id=skill.id)
    return {**seen, "deleted": skills.delete(skill.id).type}


if __name__ == "__main__":
    json.dump({"version": anthropic.__version__, **observe_files(), **observe_skills()}, sys.stdout)
