"""The authorization matrix: what each credential gets on the data plane and on the control plane.

The target of every request is the resource `guarded` in `example-group`: on the data plane one message to Claude, on
the control plane one GET of the resource. The table is the documentation; test_authorization_matrix.py plays it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.support.token_signer import TokenSigner, alter_claims

CLIENT = "55555555-5555-4555-8555-555555555555"
DATA, CONTROL = "https://cognitiveservices.azure.com", "https://management.azure.com"


class Answer(NamedTuple):
    status: int
    code: str = ""
    """`error.code`, or the first words of `message` in the envelope that Foundry's gateway has for tokens."""


SERVED = Answer(200)
NO_KEY = Answer(401, "401")
NO_TOKEN = Answer(401, "Unauthorized. Access token is missing, invalid")
NO_PERMISSION = Answer(403, "PermissionDenied")
NOT_AUTHORIZED = Answer(403, "AuthorizationFailed")
WRONG_TOKEN = Answer(401, "InvalidAuthenticationToken")
WRONG_TENANT = Answer(401, "InvalidAuthenticationTokenTenant")


@dataclass(frozen=True, kw_only=True)
class Signers:
    """Who can sign, and whom for: `caller` may do everything on both planes."""

    own: TokenSigner
    trusted: TokenSigner
    """Of another tenant, configured."""
    stranger: TokenSigner
    """Of another tenant, not configured."""
    caller: str
    """An object id of Ingate's tenant; Owner and Cognitive Services User of the subscription."""
    roleless: str
    disabled: str
    foreigner: str
    """An object id of the trusted tenant, with the caller's roles."""
    trap_url: str
    """A server of the test's, where a token says that its key is."""

    def claims(self, audience: str, **changes: object) -> dict[str, Any]:
        return self.own.make_claims(self.caller, audience, **changes)


@dataclass(frozen=True)
class TokenCase:
    name: str
    make: Callable[[Signers, str], str]
    """For an audience."""
    data: Answer
    control: Answer


def _good(signers: Signers, audience: str) -> str:
    return signers.own.sign(signers.claims(audience))


def _without_signature(signers: Signers, audience: str) -> str:
    return _good(signers, audience).rpartition(".")[0] + "."


def _with_other_claims(signers: Signers, audience: str) -> str:
    token = signers.own.sign(signers.own.make_claims(signers.roleless, audience))
    return alter_claims(token, oid=signers.caller)


def _with_other_signature(signers: Signers, audience: str) -> str:
    token, other = _good(signers, audience), signers.stranger.sign(signers.claims(audience))
    return f"{token.rpartition('.')[0]}.{other.rpartition('.')[2]}"


def _with_own_key_inside(signers: Signers, audience: str) -> str:
    jwk = signers.stranger.publish()
    return signers.stranger.sign(signers.claims(audience), jwk=jwk, kid=signers.own.key_id)


def _from(signer: str, **changes: object) -> Callable[[Signers, str], str]:
    """By another issuer, for its own foreigner unless told otherwise."""

    def make(signers: Signers, audience: str) -> str:
        chosen: TokenSigner = getattr(signers, signer)
        return chosen.sign(chosen.make_claims(signers.foreigner, audience, **changes))

    return make


def _in_version_2(signer: str) -> Callable[[Signers, str], str]:
    def make(signers: Signers, audience: str) -> str:
        chosen: TokenSigner = getattr(signers, signer)
        issuer = f"https://login.microsoftonline.com/{chosen.tenant_id}/v2.0"
        return _from(signer, iss=issuer, ver="2.0", azp=CLIENT, azpacr="1")(signers, audience)

    return make


def _claiming(**changes: object) -> Callable[[Signers, str], str]:
    return lambda signers, audience: signers.own.sign(signers.claims(audience, **changes))


def _headed(**header: Any) -> Callable[[Signers, str], str]:
    """A good signature under a header that says something else."""
    return lambda signers, audience: signers.own.sign(signers.claims(audience), **header)


def _by_stranger(**header: object) -> Callable[[Signers, str], str]:
    """All the right claims, and a key that is not Ingate's; `TRAP` in the header is where it is published."""

    def make(signers: Signers, audience: str) -> str:
        said: dict[str, Any] = {name: str(value).replace("TRAP", signers.trap_url) for name, value in header.items()}
        return signers.stranger.sign(signers.claims(audience), **said)

    return make


def _of(who: str) -> Callable[[Signers, str], str]:
    return lambda signers, audience: signers.own.sign(signers.own.make_claims(getattr(signers, who, who), audience))


TOKENS = [
    TokenCase("a good token", _good, SERVED, SERVED),
    TokenCase("audience with a slash", lambda s, a: _good(s, f"{a}/"), SERVED, SERVED),
    TokenCase("alg none", lambda s, a: s.own.sign(s.claims(a), algorithm="none"), NO_TOKEN, WRONG_TOKEN),
    TokenCase("no signature", _without_signature, NO_TOKEN, WRONG_TOKEN),
    TokenCase(
        "HS256 with the public key", lambda s, a: s.own.forge_with_public_key(s.claims(a)), NO_TOKEN, WRONG_TOKEN
    ),
    TokenCase("RS512", lambda s, a: s.own.sign(s.claims(a), algorithm="RS512"), NO_TOKEN, WRONG_TOKEN),
    TokenCase("PS256", lambda s, a: s.own.sign(s.claims(a), algorithm="PS256"), NO_TOKEN, WRONG_TOKEN),
    TokenCase("other claims under the signature", _with_other_claims, NO_TOKEN, WRONG_TOKEN),
    TokenCase("another token's signature", _with_other_signature, NO_TOKEN, WRONG_TOKEN),
    TokenCase("another key under our kid", lambda s, a: _by_stranger(kid=s.own.key_id)(s, a), NO_TOKEN, WRONG_TOKEN),
    TokenCase("its key inside (jwk)", _with_own_key_inside, NO_TOKEN, WRONG_TOKEN),
    TokenCase("its key elsewhere (jku)", _by_stranger(jku="TRAP/keys"), NO_TOKEN, WRONG_TOKEN),
    TokenCase("its key elsewhere (x5u)", _by_stranger(x5u="TRAP/x5u"), NO_TOKEN, WRONG_TOKEN),
    TokenCase("kid is a URL", _by_stranger(kid="TRAP/kid"), NO_TOKEN, WRONG_TOKEN),
    TokenCase("kid is a path", _by_stranger(kid="../../../../../../dev/null"), NO_TOKEN, WRONG_TOKEN),
    TokenCase("unknown kid", _headed(kid="unknown"), NO_TOKEN, WRONG_TOKEN),
    TokenCase("no kid", _headed(kid=None), NO_TOKEN, WRONG_TOKEN),
    TokenCase("critical header", _headed(crit=["exp"]), NO_TOKEN, WRONG_TOKEN),
    TokenCase("expired", _claiming(exp=1_700_000_000), NO_TOKEN, Answer(401, "ExpiredAuthenticationToken")),
    TokenCase("without an end", _claiming(exp=None), NO_TOKEN, WRONG_TOKEN),
    TokenCase("with an endless end", _claiming(exp=10**400), NO_TOKEN, WRONG_TOKEN),
    TokenCase("not yet valid", _claiming(nbf=4_000_000_000, exp=4_000_003_600), NO_TOKEN, WRONG_TOKEN),
    TokenCase(
        "wrong audience",
        lambda s, _: _good(s, "https://graph.microsoft.com"),
        NO_TOKEN,
        Answer(401, "InvalidAuthenticationTokenAudience"),
    ),
    TokenCase(
        "the other plane's audience",
        lambda s, a: _good(s, DATA if a == CONTROL else CONTROL),
        NO_TOKEN,
        Answer(401, "InvalidAuthenticationTokenAudience"),
    ),
    TokenCase("no audience", _claiming(aud=None), NO_TOKEN, Answer(401, "InvalidAuthenticationTokenAudience")),
    TokenCase("another tenant", _from("stranger"), NO_TOKEN, WRONG_TENANT),
    TokenCase(
        "another tenant, in our issuer's name", lambda s, a: s.stranger.sign(s.claims(a)), NO_TOKEN, WRONG_TOKEN
    ),
    TokenCase(
        "our issuer for another tenant", _claiming(tid="99999999-9999-4999-8999-999999999999"), NO_TOKEN, WRONG_TENANT
    ),
    TokenCase("no issuer", _claiming(iss=None), NO_TOKEN, WRONG_TENANT),
    TokenCase("trusted tenant", _from("trusted", appid=CLIENT), SERVED, SERVED),
    TokenCase("trusted tenant, version 2", _in_version_2("trusted"), SERVED, SERVED),
    TokenCase("another tenant, version 2", _in_version_2("stranger"), NO_TOKEN, WRONG_TENANT),
    TokenCase(
        "trusted tenant, of its own accord for ours",
        lambda s, a: _from("trusted", tid=s.own.tenant_id)(s, a),
        NO_TOKEN,
        WRONG_TENANT,
    ),
    TokenCase(
        "trusted tenant, for a principal of ours",
        lambda s, a: _from("trusted", oid=s.caller)(s, a),
        NO_PERMISSION,
        WRONG_TENANT,
    ),
    TokenCase(
        "trusted tenant, in a group of ours",
        lambda s, a: _from("trusted", oid="77777777-7777-4777-8777-777777777777", groups=[s.caller])(s, a),
        NO_PERMISSION,
        NOT_AUTHORIZED,
    ),
    TokenCase("of nobody", _claiming(oid=None), NO_TOKEN, WRONG_TOKEN),
    TokenCase(
        "of a principal that does not exist", _of("66666666-6666-4666-8666-666666666666"), NO_PERMISSION, WRONG_TOKEN
    ),
    TokenCase("of a disabled principal", _of("disabled"), NO_PERMISSION, WRONG_TOKEN),
    TokenCase("of a principal without a role", _of("roleless"), NO_PERMISSION, NOT_AUTHORIZED),
    TokenCase(
        "says that it has a role",
        lambda s, a: s.own.sign(
            s.own.make_claims(
                s.roleless, a, roles=["Owner"], wids=["8e3af657-a8ff-443c-a75c-2fe8c4bcb635"], groups=[s.caller]
            )
        ),
        NO_PERMISSION,
        NOT_AUTHORIZED,
    ),
    TokenCase("not a token", lambda s, a: "a.b.c", NO_TOKEN, WRONG_TOKEN),
]


class RoleCase(NamedTuple):
    """What a role allows where it is assigned on the resource or above it; elsewhere it allows nothing."""

    role: str
    calls_claude: bool
    reads: bool
    lists_keys: bool


ROLE_CASES = [
    RoleCase("Owner", calls_claude=False, reads=True, lists_keys=True),
    RoleCase("Contributor", calls_claude=False, reads=True, lists_keys=True),
    RoleCase("Reader", calls_claude=False, reads=True, lists_keys=False),
    RoleCase("User Access Administrator", calls_claude=False, reads=True, lists_keys=False),
    RoleCase("Cognitive Services Contributor", calls_claude=False, reads=True, lists_keys=True),
    RoleCase("Cognitive Services Usages Reader", calls_claude=False, reads=False, lists_keys=False),
    RoleCase("Cognitive Services User", calls_claude=True, reads=True, lists_keys=True),
    RoleCase("Cognitive Services OpenAI User", calls_claude=True, reads=True, lists_keys=False),
    RoleCase("Azure AI User", calls_claude=True, reads=True, lists_keys=True),
    RoleCase("Azure AI Developer", calls_claude=True, reads=True, lists_keys=False),
    RoleCase("calls Claude and nothing else", calls_claude=True, reads=False, lists_keys=False),
    RoleCase("all data actions but these", calls_claude=False, reads=False, lists_keys=False),
    RoleCase("all actions but these", calls_claude=False, reads=True, lists_keys=False),
]

CUSTOM_ROLES: dict[str, dict[str, list[str]]] = {
    "calls Claude and nothing else": {
        "dataActions": ["Microsoft.CognitiveServices/accounts/AIServices/messages/action"],
    },
    "all data actions but these": {
        "dataActions": ["Microsoft.CognitiveServices/*"],
        "notDataActions": ["Microsoft.CognitiveServices/accounts/*"],
    },
    "all actions but these": {
        "actions": ["*"],
        "notActions": ["Microsoft.CognitiveServices/accounts/listKeys/action"],
    },
}

SCOPES = {
    "management group": True,
    "subscription": True,
    "resource group": True,
    "resource": True,
    "other resource": False,
    "other resource group": False,
}
"""Whether each covers the resource."""
