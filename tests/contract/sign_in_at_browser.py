"""A person's browser, for programs that open one: signs in at the page whose address it is given.

python sign_in_at_browser.py CA_FILE USER_NAME PASSWORD ADDRESS
"""

from __future__ import annotations

import ssl
import sys

import httpx2
from tests.support.web_form import send_form


def main() -> None:
    ca_file, user_name, password, address = sys.argv[1:]
    trust = ssl.create_default_context(cafile=ca_file)
    with httpx2.Client(verify=trust, trust_env=False, timeout=20) as browser:
        signed_in = send_form(browser, browser.get(address), username=user_name, password=password, action="sign-in")
        send_form(browser, signed_in)  # which the page does by itself, with a script


if __name__ == "__main__":
    main()
