"""Names: which are valid, and when two are the same.

Azure compares names and resource ids without regard to case, and keeps the spelling of whoever created them.
Rules: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
"""

from __future__ import annotations

import re
import unicodedata
import uuid

RESOURCE_NAME_RULE = "2 to 64 letters (a-z), digits and hyphens, beginning and ending with a letter or digit"
RESOURCE_GROUP_NAME_RULE = (
    "1 to 90 letters, digits, underscores, hyphens, periods and parentheses, not ending with a period"
)
DEPLOYMENT_NAME_RULE = (
    "2 to 64 letters, digits, hyphens, underscores and periods, beginning with a letter or digit; letters of any "
    "script are allowed, in Unicode Normalization Form C"
)
UPSTREAM_NAME_RULE = RESOURCE_NAME_RULE

_RESOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}[A-Za-z0-9]")
_LETTER_OR_DIGIT = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"})
_MARK = frozenset({"Mn", "Mc"})


def fold_name(name: str) -> str:
    """What two names have in common when Azure takes them for the same one. Also for whole resource ids."""
    return unicodedata.normalize("NFC", name.casefold())


def is_resource_name(name: str) -> bool:
    """Also the rule of custom subdomains and of upstreams."""
    return _RESOURCE_NAME.fullmatch(name) is not None


def is_resource_group_name(name: str) -> bool:
    allowed = all(_is_letter_or_digit(character) or character in "_-.()" for character in name)
    return 1 <= len(name) <= 90 and allowed and not name.endswith(".")


def is_deployment_name(name: str) -> bool:
    """Azure's rule, widened to letters and digits of every script.

    A deployment's name is data that clients send as `model`, so it is compared as they send it: the one spelling
    that Unicode calls normal (NFC) is demanded rather than two that look alike accepted. Combining marks are
    allowed after the first character, because many scripts cannot be written without them; spaces, slashes,
    control and invisible characters are not.
    """
    return (
        2 <= len(name) <= 64
        and _is_letter_or_digit(name[0])
        and all(_is_deployment_character(character) for character in name)
        and unicodedata.is_normalized("NFC", name)
    )


def is_guid(text: str) -> bool:
    """The hyphenated form only, as Azure prints it."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def parse_location(text: str) -> str | None:
    """A region's short name: "East US 2" and "eastus2" are the same. None when it is neither."""
    folded = text.replace(" ", "").lower()
    return folded if re.fullmatch(r"[a-z0-9]{2,64}", folded) else None


def _is_letter_or_digit(character: str) -> bool:
    return unicodedata.category(character) in _LETTER_OR_DIGIT


def _is_deployment_character(character: str) -> bool:
    return character in "-_." or unicodedata.category(character) in _LETTER_OR_DIGIT | _MARK
