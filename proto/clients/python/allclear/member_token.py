"""Member tokens: a telephone number becomes 9 and 18 digits that only the alliance's key leads to
(clearing/crypto/member_token.h says how)."""
import hashlib
import hmac
import re

_TELEPHONE = re.compile(r"(?:86)?(1[3-9][0-9]{9})\Z")
_DOMAIN = b"allclear/v1/token\0"
_HALF = 30
_NUMBERS = 10**18


def token_of(key, member):
    """What stands for a member's number (a string of digits): a token for a telephone number, else the number."""
    telephone = _TELEPHONE.match(member)
    if telephone is None:
        return member
    number = _permuted(key, int(telephone[1]))
    while number >= _NUMBERS:
        number = _permuted(key, number)
    return "9%018d" % number


def hidden(key, event):
    """An event (an object of the contract) with tokens for its telephone numbers. `key` None: as it is."""
    if key is None or not isinstance(event, dict):
        return event
    found = {name: token_of(key, event[name]) for name in ("member", "referrer") if isinstance(event.get(name), str)}
    return {**event, **found}


def _permuted(key, number):
    left, right = number >> _HALF, number & (1 << _HALF) - 1
    for i in range(10):
        left, right = right, left ^ _bits(key, bytes([i]) + right.to_bytes(4, "big"))
    return left << _HALF | right


def _bits(key, message):
    return int.from_bytes(hmac.digest(key, _DOMAIN + message, hashlib.sha256)[:4], "big") >> 32 - _HALF
