"""Which other issuers may be configured, and which of their keys count."""

from __future__ import annotations

import pytest

from ingate.domain.issuer_source import (
    LARGEST_KEY_SET,
    IssuerSource,
    IssuerSourceInvalid,
    choose_keys,
    parse_issuer_source,
    render_trusted_issuers,
)
from ingate.wire.entra.json_web_keys import PublishedKey, parse_keys

TENANT = "99999999-9999-4999-8999-99999999ABCD"
FOLDED = TENANT.lower()
OTHERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
of_tenant = parse_issuer_source(TENANT)
of_another = parse_issuer_source("https://issuer.example/=https://issuer.example/keys?set=1")


def test_a_tenant_stands_for_the_issuers_of_both_versions() -> None:
    assert of_tenant == IssuerSource(
        issuers=(f"https://sts.windows.net/{FOLDED}/", f"https://login.microsoftonline.com/{FOLDED}/v2.0"),
        tenant_id=FOLDED,
        keys_url=f"https://login.microsoftonline.com/{FOLDED}/discovery/v2.0/keys",
    )


def test_any_other_issuer_comes_with_the_place_of_its_keys() -> None:
    assert of_another == IssuerSource(
        issuers=("https://issuer.example/",), tenant_id=None, keys_url="https://issuer.example/keys?set=1"
    )


@pytest.mark.parametrize("url", ["https://x/keys", "http://127.0.0.1:9/keys", "http://localhost/k", "http://[::1]/k"])
def test_keys_come_over_https_or_from_this_machine(url: str) -> None:
    assert isinstance(parse_issuer_source(f"issuer={url}"), IssuerSource)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "common",
        TENANT.replace("-", ""),
        "https://issuer.example/",
        "=https://x/keys",
        "issuer=",
        "issuer=http://x/keys",
        "issuer=ftp://x/keys",
        "issuer=https:///keys",
        "issuer=https://user:secret@x/keys",
        "issuer=https://x:0/keys",
        "issuer=https://[x/keys",
        "issuer=keys.json",
    ],
)
def test_nothing_else_may_be_configured(text: str) -> None:
    invalid = parse_issuer_source(text)
    assert isinstance(invalid, IssuerSourceInvalid)
    assert "secret" not in invalid.reason


DOCUMENT = b"""{"keys":[
  {"kty":"RSA","use":"sig","kid":"a","n":"n1","e":"AQAB","issuer":"https://login.microsoftonline.com/{tenantid}/v2.0"},
  {"kty":"RSA","use":"sig","kid":"b","n":"n2","e":"AQAB","issuer":"https://login.microsoftonline.com/%b/v2.0"},
  {"kty":"RSA","use":"sig","kid":"c","n":"n3","e":"AQAB"},
  {"kty":"RSA","use":"sig","n":"n4","e":"AQAB"},
  {"kty":"RSA","use":"enc","kid":"d","n":"n5","e":"AQAB"},
  {"kty":"EC","use":"sig","kid":"e","crv":"P-256","x":"x","y":"y"}
]}""" % OTHERS.encode()


def choose(source: IssuerSource | IssuerSourceInvalid, *published: PublishedKey) -> list[str]:
    assert isinstance(source, IssuerSource)
    return [key.key_id for key in choose_keys(source, published)]


def test_keys_for_personal_accounts_do_not_sign_for_a_tenant() -> None:
    published = parse_keys(DOCUMENT) or ()
    assert choose(of_tenant, *published) == ["a", "c"]
    assert choose(of_another, *published) == ["a", "b", "c"]


def test_a_set_is_kept_up_to_a_bound() -> None:
    many = [PublishedKey(key_id=str(number), modulus="n", exponent="AQAB") for number in range(1000)]
    assert len(choose(of_another, *many)) == LARGEST_KEY_SET


def test_what_is_rendered_is_never_our_own() -> None:
    assert isinstance(of_tenant, IssuerSource)
    rendered = render_trusted_issuers(of_tenant, ())
    assert [(issuer.tenant_id, issuer.is_own) for issuer in rendered] == [(FOLDED, False)] * 2
