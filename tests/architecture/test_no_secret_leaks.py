"""No secret leaves the places that are made for it.

One Ingate, at its most talkative, lives through everything that has to do with secrets: success, failure, mistakes of
its users. Then every byte that it wrote or answered is searched for every secret that it met, or 16 characters in a
row of one.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.architecture.secret_story import PIECE, Story, find_leaks
from tests.support.recording_upstream import RecordingUpstream, recording_upstream, refused_port
from tests.support.running import start_ingate
from tests.support.strict_http import Request
from tests.support.token_issuer import TokenIssuer
from tests.support.upstream_script import JSON_HEADERS, Answer, Reset, Send, answer, echo, error_body

SENT_AS_MODEL = "key that was sent as model"
GUARDED = "?api-version=2025-09-01"


def make_canary(name: str) -> str:
    return f"{name}-canary-{secrets.token_hex(24)}"


def answer_by_model(request: Request) -> Answer:
    """The upstream model's name says what the upstream does."""
    if b'"model":"unauthorized"' in request.body.replace(b": ", b":"):
        return answer(401, error_body("authentication_error", "invalid x-api-key"))
    if b'"model":"redirect"' in request.body.replace(b": ", b":"):
        return answer(307, b"{}", headers=(*JSON_HEADERS, (b"location", b"http://127.0.0.1:9/elsewhere")))
    if b'"model":"reset"' in request.body.replace(b": ", b":"):
        return [Reset()]
    if b'"model":"malformed"' in request.body.replace(b": ", b":"):
        return [Send(b"nonsense\r\n\r\n")]
    return echo(request)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Generator[Story]:
    folder = tmp_path_factory.mktemp("canaries")
    of_env, of_file = make_canary("upstream-env"), make_canary("upstream-file")
    (folder / "credential").write_text(of_file + "\n")
    (folder / "unusable").write_text(of_file + "\nsecond: line\n")
    environment = {"CANARY_CREDENTIAL": of_env, "UNUSABLE_CREDENTIAL": f"{of_env}\r\nsecond: line"}
    with (
        recording_upstream() as upstream,
        start_ingate(folder / "data", "--log-level", "debug", environment=environment) as ingate,
    ):
        ingate.wait_until_served()
        upstream.script = answer_by_model
        told = Story(ingate=ingate)
        told.canaries |= {
            "credential from the environment": of_env,
            "credential from a file": of_file,
            "administrator token": (ingate.data_dir / "admin.token").read_text().strip(),
            "key file": (ingate.data_dir / "ingate.key").read_text().strip(),
        }
        note_keys(told, "before")
        tell_of_answers(told)
        tell_of_mistakes(told)
        with refused_port() as nowhere:
            tell_of_upstreams(told, upstream, f"http://127.0.0.1:{nowhere}", folder)
        tell_of_management(told)
        tell_of_commands(told)
        told.read_processes()
        ingate.stop()
        told.read_files()
        yield told


def note_keys(story: Story, when: str) -> dict[str, str]:
    keys = story.ingate.get_keys("example-resource")
    story.canaries |= {f"API {name} {when}": key for name, key in keys.items()}
    return keys


def note(story: Story, name: str) -> str:
    """A new secret."""
    story.canaries[name] = make_canary(name.replace(" ", "-"))
    return story.canaries[name]


def tell_of_answers(story: Story) -> None:
    key = story.ingate.api_key
    story.ask("success", key)
    story.ask("success with x-api-key", headers=[("x-api-key", key)])
    story.ask("success as bearer", headers=[("authorization", f"Bearer {key}")])
    story.ask("success as a stream", key, stream=True)
    story.ask("token count", key, target="/anthropic/v1/messages/count_tokens")
    story.ask("refusal by the simulator", key, body='{"model":"claude-haiku-4-5"}')
    story.ask("unknown deployment", key, deployment_name="nobody")
    story.ask("key in other headers", key, headers=[("cookie", f"a={key}"), ("proxy-authorization", f"Basic {key}")])


def tell_of_mistakes(story: Story) -> None:
    key = story.ingate.api_key
    wrong = note(story, "mistyped key")
    story.ask("a wrong key", wrong)
    story.ask("a truncated key", key[:-1])
    story.ask("two keys that differ", key, headers=[("x-api-key", wrong)])
    story.ask("a token", headers=[("authorization", f"Bearer {wrong}.{wrong}.{wrong}")])
    stranger = TokenIssuer().issue("somebody")
    story.canaries["token of another issuer"] = stranger.rpartition(".")[2]  # what it says is no secret
    story.ask("a token of another issuer", headers=[("authorization", f"Bearer {stranger}")])
    story.ask("the same token in place of a key", stranger)
    story.ask("another scheme", headers=[("authorization", f"Basic {key}")])
    story.ask("a key beyond ASCII", headers=[("api-key", f"{wrong}\xe9")])
    story.ask("a key in the URL", target=f"/anthropic/v1/messages?api-key={key}")
    story.ask("a key in the URL of a good request", key, target=f"/anthropic/v1/messages?api-key={key}")
    story.ask("a key in an unknown path", key, target=f"/anthropic/{key}/v1/messages")
    story.ask("a key in a malformed body", key, body=f'{{"api_key":"{key}",}}')
    story.ask("a key as the body", key, body=key)
    story.ask("a key in place of a deployment", key, deployment_name=note(story, SENT_AS_MODEL))
    story.send("a key in a malformed header", b"POST / HTTP/1.1\r\nhost: a\r\napi-key %b\r\n\r\n" % key.encode())
    story.send("a key in a malformed request line", b"%b / HTTP/1.1\r\nhost: a\r\n\r\n" % key.encode())
    story.send("a key in a malformed target", b"GET /%b# HTTP/1.1\r\nhost: a\r\n\r\n" % key.encode())
    story.send(
        "a key after a broken chunk",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + key.encode(),
    )


def tell_of_upstreams(story: Story, upstream: RecordingUpstream, unreachable: str, folder: Path) -> None:
    ingate, key = story.ingate, story.ingate.api_key
    ingate.put_upstream("from-env", upstream.base_url, credential="env:CANARY_CREDENTIAL")
    ingate.put_upstream("from-file", upstream.base_url, credential=f"file:{folder / 'credential'}")
    ingate.put_upstream(
        "bearer", upstream.base_url, credential="env:CANARY_CREDENTIAL", credentialHeader="authorization"
    )
    ingate.put_upstream("unusable-env", upstream.base_url, credential="env:UNUSABLE_CREDENTIAL")
    ingate.put_upstream("unusable-file", upstream.base_url, credential=f"file:{folder / 'unusable'}")
    ingate.put_upstream("unreachable", unreachable, credential="env:CANARY_CREDENTIAL")
    ingate.put_upstream("no-tls", upstream.base_url.replace("http:", "https:"), credential="env:CANARY_CREDENTIAL")
    for name in ("from-env", "from-file", "bearer", "unusable-env", "unusable-file", "unreachable", "no-tls"):
        ingate.put_deployment(name, upstream=name)
    for name in ("unauthorized", "redirect", "reset", "malformed"):
        ingate.put_deployment(name, upstream="from-env", upstream_model=name)
    ingate.wait_until_served()
    for deployment in ingate.manage("GET", f"{ingate.account_path('example-resource')}/deployments")["value"]:
        story.ask(f"upstream of {deployment['name']}", key, deployment_name=deployment["name"])
        story.ask(f"upstream of {deployment['name']}, streamed", key, deployment_name=deployment["name"], stream=True)
    used = {value for request in upstream.requests for _, value in request.headers}
    assert story.canaries["credential from the environment"].encode() in used, "the canary was never used"
    assert story.canaries["credential from a file"].encode() in used, "the canary was never used"


def tell_of_management(story: Story) -> None:
    ingate = story.ingate
    account, token = ingate.account_path("example-resource"), story.canaries["administrator token"]
    upstreams = f"{ingate.group_path}/providers/Ingate.Gateway/upstreams"
    wrong = note(story, "mistyped administrator token")
    pasted = note(story, "pasted credential")
    story.manage("no token", "POST", f"{account}/listKeys{GUARDED}", None)
    story.manage("a wrong token", "POST", f"{account}/listKeys{GUARDED}", wrong)
    story.manage("a token in the URL", "GET", f"{account}{GUARDED}&token={token}", None)
    story.manage("an unknown path with a token", "GET", f"/{token}{GUARDED}", None)
    story.manage("the resource", "GET", f"{account}{GUARDED}", token)
    story.manage("the upstreams", "GET", f"{upstreams}{GUARDED}", token)
    for name, properties in {
        "a pasted credential": {"credential": pasted},
        "a credential of an unknown kind": {"credential": f"vault:{pasted}"},
        "a password in the base URL": {"baseUrl": f"https://user:{pasted}@api.example.com"},
        "a credential in a query": {"baseUrl": f"https://api.example.com/?key={pasted}"},
        "an unknown member": {"apiKey": pasted},
    }.items():
        body = {"properties": {"kind": "messages-api", "baseUrl": "https://api.example.com", **properties}}
        story.manage(name, "PUT", f"{upstreams}/pasted{GUARDED}", token, body)
    story.manage("a wrong key name", "POST", f"{account}/regenerateKey{GUARDED}", token, {"keyName": pasted})


def tell_of_commands(story: Story) -> None:
    wrong, pasted = note(story, "mistyped key of a command"), note(story, "credential pasted into a command")
    key = story.ingate.api_key
    upstream = ("upstream", "create", "pasted", "--kind", "messages-api", "--base-url")
    story.run("doctor", "doctor")
    story.run("doctor with a key", "doctor", ANTHROPIC_FOUNDRY_API_KEY=key)
    story.run("doctor with a wrong key", "doctor", ANTHROPIC_FOUNDRY_API_KEY=wrong)
    story.run("doctor with a quoted key", "doctor", ANTHROPIC_FOUNDRY_API_KEY=f'"{key}"')
    story.run("doctor with headers", "doctor", "-H", f"api-key: {key}", "-H", f"x-api-key: {wrong}")
    story.run("doctor with a key in the URL", "doctor", "--base-url", f"http://user:{wrong}@127.0.0.1:9/anthropic")
    story.run("doctor with a proxy", "doctor", HTTP_PROXY=f"http://user:{wrong}@127.0.0.1:9")
    story.run("chat", "chat", "Hello!")
    story.run("chat with a wrong key", "chat", "Hello!", INGATE_API_KEY=wrong)
    story.run("a wrong administrator token", "resource", "list", INGATE_ADMIN_TOKEN=wrong)
    story.run("resources", "resource", "list", "-o", "json")
    story.run("deployments", "deployment", "list", "-o", "json")
    story.run("upstreams", "upstream", "list", "-o", "json")
    story.run("a pasted credential", *upstream, "https://api.example.com", "--credential", pasted)
    story.run("a password in a URL", *upstream, f"https://user:{pasted}@api.example.com")
    story.run("keys regenerate 1", "keys", "regenerate", "--key", "1", prints_keys=True)
    story.run("keys regenerate 2", "keys", "regenerate", "--key", "2", prints_keys=True)
    story.run("keys list", "keys", "list", prints_keys=True)
    keys = note_keys(story, "after")
    story.ask("an old key", key)
    story.ingate.wait_until_served()
    story.ask("a new key", keys["key1"])


@pytest.fixture(scope="module")
def leaks(story: Story) -> list[str]:
    return find_leaks(story)


def test_no_secret_is_seen_anywhere(leaks: list[str]) -> None:
    assert [leak for leak in leaks if not leak.startswith(SENT_AS_MODEL)] == []


def test_key_that_was_sent_as_model_is_not_recorded(leaks: list[str]) -> None:
    assert [leak for leak in leaks if leak.startswith(SENT_AS_MODEL)] == []


def test_story_met_every_kind_of_secret_and_place(story: Story) -> None:
    assert len(story.canaries) >= 11
    assert all(len(canary) >= 2 * PIECE for canary in story.canaries.values())
    assert len(story.seen) > 100
    assert len(story.seen["stderr of ingate up"]) > 100
    files = {where.removeprefix("file ") for where in story.seen if where.startswith("file ")}
    assert files >= {"ingate.db", "directory.json", "admin.token", "ingate.key"}
    assert b"HTTP/1.1 200" in story.seen["answer to success"]
    assert b"HTTP/1.1 200" in story.seen["answer to a new key"]
    journal = [
        line for file in files if file.startswith("journal/") for line in story.seen[f"file {file}"].splitlines()
    ]
    for outcome in (b"completed", b"refused", b"upstream-failed"):
        assert any(b'"outcome":"%b"' % outcome in line for line in journal)


@pytest.mark.parametrize("where", ["stderr of ingate up", "answer to success", "file directory.json"])
def test_search_would_find_a_leak(story: Story, where: str) -> None:
    """The search itself is tested: half a key in the middle of a line is found, and told without showing it."""
    key = story.canaries["API key1 before"]
    planted = story.seen[where] + b"... " + key[40 : 40 + PIECE].encode() + b" ..."
    leaky = Story(ingate=story.ingate, canaries=story.canaries, seen={where: planted})

    assert find_leaks(leaky) == [f"API key1 before in {where}"]
