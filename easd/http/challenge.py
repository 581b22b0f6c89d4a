"""What a client hears that has not proved who sends its request (HTTP 401, MS-ASHTTP R178)."""

from collections.abc import Mapping

from easd.config import OAuth

BASIC = 'Basic realm="easd", charset="UTF-8"'
_TYPES = "app_asserted_user_v1 service_asserted_app_v1"


def challenge(oauth: OAuth | None, *, refused: bool = False) -> Mapping[str, str]:
    """The challenges as WWW-Authenticate, each on a line of its own: clients of both kinds read only whole lines.

    That for tokens names where to get one, in the form that iPhones and Outlook know from Exchange. `refused`: there
    was a token, which does not count.
    """
    if oauth is None or not oauth.issuer:
        return {"WWW-Authenticate": BASIC}
    facts = {
        "client_id": oauth.client_id,
        "trusted_issuers": oauth.issuer,
        "token_types": _TYPES,
        "authorization_uri": oauth.authorization_uri,
        "error": "invalid_token" if refused else "",
    }
    bearer = "Bearer " + ", ".join(f'{name}="{value}"' for name, value in facts.items() if value)
    return {"WWW-Authenticate": f"{bearer}\n{BASIC}" if oauth.passwords else bearer}
