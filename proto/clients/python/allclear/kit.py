"""Kits and the store's folder. The files are those of `allclear join`, so that either program can go on with a folder:

    node.json            what was pinned at joining: network, store, address, headquarters' two keys
    keys/store.pem       Ed25519, signs batches (PKCS#8)
    keys/transport.key   CURVE secret, 64 hex digits and a line feed
    keys/transport.pub   CURVE public, the same
"""
import hashlib
import json
import os

import zmq
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from zmq.utils import z85

FORMAT = "allclear-kit/1"
PINNED = ("format", "network", "alliance", "store", "address", "server_key", "ledger_key", "token_key", "test")


class KitError(Exception):
    """A kit or a folder that cannot be used: which file, what is wrong with it."""


class Kit:
    """What headquarters' `invite` gave: bytes instead of hex. `invite` is None in the folder's own copy."""

    def __init__(self, fields):
        self.fields = fields
        self.alliance, self.store, self.address = fields["alliance"], fields["store"], fields["address"]
        self.network = bytes.fromhex(fields["network"])
        self.server_key = bytes.fromhex(fields["server_key"])
        self.ledger_key = bytes.fromhex(fields["ledger_key"])
        self.test = fields.get("test") is True
        self.token_key = bytes.fromhex(fields["token_key"]) if "token_key" in fields else None
        self.invite = None
        if "invite_secret" in fields:
            self.invite = (bytes.fromhex(fields["invite_public"]), bytes.fromhex(fields["invite_secret"]))
        keys = [self.network, self.server_key, self.ledger_key, *(self.invite or ()),
                *([] if self.token_key is None else [self.token_key])]
        if fields["format"] != FORMAT or any(len(key) != 32 for key in keys):
            raise ValueError("not a kit of format %s with keys of 64 hex digits" % FORMAT)


def read_kit(path):
    """Read a kit, or the folder's node.json."""
    try:
        with open(path, encoding="utf-8") as file:
            return Kit(json.load(file))
    except OSError as error:
        raise KitError("%s: %s" % (path, error.strerror)) from None
    except (ValueError, KeyError, TypeError) as error:
        raise KitError("%s: not a kit: %s; ask headquarters for a new one" % (path, error)) from None


class Folder:
    """A store's folder that has been made: the pinned kit and the keys."""

    def __init__(self, path):
        self.path = path
        config = os.path.join(path, "node.json")
        if not os.path.exists(config):
            raise KitError("%s has not joined an alliance yet: join with a kit first" % path)
        self.kit = read_kit(config)
        try:
            with open(os.path.join(path, "keys", "store.pem"), "rb") as file:
                self.key = serialization.load_pem_private_key(file.read(), None)
            self.transport_public, self.transport_secret = (_read_hex(path, "transport.pub"),
                                                            _read_hex(path, "transport.key"))
        except (OSError, ValueError) as error:
            raise KitError("%s: the keys cannot be read: %s" % (path, error)) from None
        self.public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.key_id = hashlib.sha256(self.public).digest()

    def sign(self, domain, body):
        """Ed25519 over the domain's prefix with its NUL, the network and SHA-256 of the body."""
        return self.key.sign(to_sign(domain, self.kit.network, body))

    def file(self, name):
        return os.path.join(self.path, name)


def to_sign(domain, network, body):
    return domain.encode() + b"\0" + network + hashlib.sha256(body).digest()


def make_folder(kit, path):
    """Make a folder for a kit, or open the one that is there: its keys stay."""
    os.makedirs(os.path.join(path, "keys"), mode=0o700, exist_ok=True)
    config = os.path.join(path, "node.json")
    if os.path.exists(config):
        old = read_kit(config)
        if (old.network, old.store) != (kit.network, kit.store):
            raise KitError("%s is of store %s of %s: take another folder for this kit" % (path, old.store,
                                                                                         old.alliance))
    if not os.path.exists(os.path.join(path, "keys", "store.pem")):
        key = ed25519.Ed25519PrivateKey.generate()
        write_file(os.path.join(path, "keys", "store.pem"), key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    if not os.path.exists(os.path.join(path, "keys", "transport.pub")):  # the public half last: then both are there
        public, secret = (z85.decode(half) for half in zmq.curve_keypair())
        write_file(os.path.join(path, "keys", "transport.key"), secret.hex().encode() + b"\n")
        write_file(os.path.join(path, "keys", "transport.pub"), public.hex().encode() + b"\n")
    pinned = {name: kit.fields[name] for name in PINNED if name in kit.fields}
    write_file(config, json.dumps(pinned, indent=2).encode())
    return Folder(path)


def write_file(path, data):
    """Replace or make a file, mode 0600: on the disk under its name, or the old one is there."""
    part = path + ".new"
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read_hex(path, name):
    with open(os.path.join(path, "keys", name), encoding="ascii") as file:
        key = bytes.fromhex(file.read())
    if len(key) != 32:
        raise ValueError("%s is not 64 hex digits" % name)
    return key
