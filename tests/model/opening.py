"""What members come over with (rule 29): lots read from a CSV file, made before the first event, and invented."""
import csv
from decimal import Decimal

import invent as inventing
from lots import Lot, peel_shares
from terms import MILLION, day, day_text

PART = 1000  # lots that a simulation takes at once
COLUMNS = ("member", "store", "product", "principal", "bonus", "funders", "points", "uses", "pack", "valid_to")


def make(clearing, lots, today):
    """Makes the lots; none of them when one had ended before this day."""
    if any(lot["valid_to"] is not None and lot["valid_to"] < today for lot in lots):
        return False
    if lots:
        clearing.today = today
    for i, row in enumerate(lots):
        lot = lot_of(clearing, row, "opening:%d/%d" % (i // PART + 1, i % PART + 1))
        clearing.members.setdefault(lot.member, lot.store)
        if lot.pack:
            clearing.packs[lot.pack] = (lot.member, lot.product)
        clearing.opened.append(clearing.put_lot(lot))
    return True


def lot_of(clearing, row, ident):
    product, store = clearing.alliance.products[row["product"]], row["store"]
    seller = clearing.participant(store)
    funders = clearing.shares(row["funders"], store, None)
    side, units, principal = [], row["units"], row["principal_fen"]
    if product.kind == "points":
        payer = funders[0][0] if funders else seller
        main = [(product.fund if product.model == "PF" else payer, units * product.redeem_price // 1000)]
        principal = 0
    else:
        main = [(product.holder(seller), principal * product.principal_rate // MILLION)]
    if product.kind == "stored_value":
        units = principal + row["bonus_fen"]
        side = peel_shares(row["bonus_fen"] * product.bonus_rate // MILLION, funders)
    return Lot(ident, row["member"], product, store, units, principal, main, side, pack=row["pack"],
               valid_to=row["valid_to"])


def read(path):
    """The lots of a CSV file in UTF-8."""
    with open(path, encoding="utf-8", newline="") as f:
        return [row_of({**dict.fromkeys(COLUMNS, ""), **row}) for row in csv.DictReader(f)]


def row_of(row):
    shares = [funder.partition(":") for funder in row["funders"].split()]
    return {"member": row["member"], "store": row["store"], "product": row["product"],
            "principal_fen": fen(row["principal"]), "bonus_fen": fen(row["bonus"]),
            "funders": [(who, round(Decimal(share.rstrip("%") or "100") * 10000)) for who, _, share in shares],
            "units": int(row["points"] or row["uses"] or 0), "pack": row["pack"],
            "valid_to": day(row["valid_to"]) if row["valid_to"] else None}


def fen(text):
    return round(Decimal(text or "0") * 100)


def text(lots, alliance):
    """The lots as a CSV file."""
    rows = [",".join(COLUMNS)]
    for lot in lots:
        kind = alliance.products[lot["product"]].kind
        funders = " ".join("%s:%s%%" % (who, ("%d.%04d" % divmod(share, 10000)).rstrip("0").rstrip("."))
                           for who, share in lot["funders"])
        units = [str(lot["units"]) if kind == wanted else "" for wanted in ("points", "pack")]
        rows.append(",".join((lot["member"], lot["store"], lot["product"], inventing.yuan(lot["principal_fen"]),
                              inventing.yuan(lot["bonus_fen"]), funders, *units, lot["pack"],
                              "" if lot["valid_to"] is None else day_text(lot["valid_to"]))))
    return "".join(row + "\n" for row in rows)


def invent(rng, history):
    """For one history in four: some of its members come over with lots of every kind, some of several stores."""
    if not inventing.some(rng, 0.25):
        return []
    products, lots = list(history.alliance.products.values()), []
    for member in rng.sample(history.members, rng.randint(1, len(history.members))):
        for _ in range(rng.randint(1, 4)):
            product = rng.choice(products)
            lot = {"member": member, "store": rng.choice(history.stores), "product": product.id, "principal_fen": 0,
                   "bonus_fen": 0, "funders": [], "units": 0, "pack": "", "valid_to": None}
            {"stored_value": card, "pack": pack, "points": points}[product.kind](rng, lot, history)
            lots.append(lot)
    return lots


def card(rng, lot, history):
    lot["bonus_fen"] = rng.choice((0, 0, 1, 7, rng.randint(1, 20000)))
    lot["principal_fen"] = rng.choice((1, 100, rng.randint(1, 100000), 0 if lot["bonus_fen"] else 1))
    if lot["bonus_fen"]:
        lot["funders"] = funders_of(rng, history.alliance, rng.randint(1, 3))


def pack(rng, lot, history):
    history.pack_ids += 1
    lot.update(pack="old-%d" % history.pack_ids, units=rng.randint(1, 12), principal_fen=rng.choice((0, 999, 10000)))


def points(rng, lot, history):
    lot["units"] = rng.choice((1, 3, rng.randint(1, 5000)))
    lot["funders"] = funders_of(rng, history.alliance, rng.randint(0, 1))
    if inventing.some(rng, 0.6):
        lot["valid_to"] = inventing.START.toordinal() + rng.randint(0, 12)


def funders_of(rng, alliance, count):
    owners = sorted({store.participant for store in alliance.stores.values()} | {alliance.hq})
    names, left, out = ["$store", "$home", "$issuer", *owners], MILLION, []
    for i in range(count):
        share = left if i == count - 1 else rng.randint(1, left - (count - i))
        out.append((rng.choice(names), share))
        left -= share
    return out
