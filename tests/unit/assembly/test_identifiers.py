from __future__ import annotations

import re
import uuid

from ingate.assembly.identifiers import make_api_key, make_apim_request_id, make_guid, make_request_id
from ingate.domain.key import API_KEY_ALPHABET, API_KEY_LENGTH

COUNT = 2000


def test_request_ids_have_anthropics_form_and_are_distinct() -> None:
    ids = {make_request_id() for _ in range(COUNT)}
    assert len(ids) == COUNT
    assert all(re.fullmatch(r"req_[0-9A-Za-z]{24}", request_id) for request_id in ids)


def test_apim_request_ids_are_guids_and_distinct() -> None:
    ids = {make_apim_request_id() for _ in range(COUNT)}
    assert len(ids) == COUNT
    assert all(str(uuid.UUID(request_id)) == request_id for request_id in ids)


def test_guids_are_random_ones() -> None:
    assert uuid.UUID(make_guid()).version == 4
    assert make_guid() != make_guid()


def test_api_keys_have_azures_length_and_letters() -> None:
    keys = {make_api_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(len(key) == API_KEY_LENGTH and set(key) <= set(API_KEY_ALPHABET) for key in keys)
