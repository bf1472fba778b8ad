"""Joining: a store's keys are made on the spot, and headquarters is asked to take them."""
import json
import time

from allclear.ask import Denied, Refused, Silent, ask
from allclear.courier import hello
from allclear.kit import KitError, make_folder, read_kit
from allclear.wire import Wire

ASK_S = 10


def fingerprint(folder):
    """What is read to headquarters by telephone: sixteen groups of four."""
    text = folder.key_id.hex()
    return " ".join(text[i:i + 4] for i in range(0, len(text), 4))


def join(kit_path, path, wait_s=0, asked=None):
    """Make the folder's keys and ask for their approval; running it again is fine. `asked` is called with the Folder
    once headquarters has the request. Waits for the approval for so long. Returns: is the store approved?"""
    kit = read_kit(kit_path)
    if kit.invite is None:
        raise KitError("%s has no invite: ask headquarters for a new kit" % kit_path)
    folder = make_folder(kit, path)
    request = folder.public + folder.transport_public
    request += folder.sign("allclear/v1/join", request)
    end, told = time.monotonic() + wait_s, False
    while True:
        approved = _ask_once(folder, kit, request)
        if asked is not None and not told:
            asked(folder)
            told = True
        if approved or time.monotonic() >= end:
            return approved
        time.sleep(0.5)


def _ask_once(folder, kit, request):
    wire = Wire(kit, *kit.invite)
    try:
        return json.loads(ask(wire, "join", request, ASK_S))["state"] == "approved"
    except Refused:
        if _is_let_in(folder):  # an invite ends with its approval: then the store's own key opens the door
            return True
        raise
    finally:
        wire.close()


def _is_let_in(folder):
    wire = Wire(folder.kit, folder.transport_public, folder.transport_secret)
    try:
        ask(wire, "head", b"", ASK_S, hello(folder.kit))
        return True
    except (Denied, Refused, Silent):
        return False
    finally:
        wire.close()
