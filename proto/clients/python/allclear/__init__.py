"""A store's client of AllClear, made from the public schema (allclear/v1). See proto/clients/README.md."""
from allclear.ask import Denied, Refused, Silent
from allclear.joining import fingerprint, join
from allclear.kit import Folder, Kit, KitError, read_kit
from allclear.lines import BadLine
from allclear.outbox import OutboxError
from allclear.receipt import FalseReceipt, verify
from allclear.store import Store

__all__ = ["BadLine", "Denied", "FalseReceipt", "Folder", "Kit", "KitError", "OutboxError", "Refused", "Silent",
           "Store", "fingerprint", "join", "read_kit", "verify"]
