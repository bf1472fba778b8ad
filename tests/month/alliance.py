"""The alliance of the month: thirty stores, who owns them, what their tills are, and the rules."""
import copy
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(TOP / "tests" / name) for name in ("network", "model", "order")]

DAYS = 30
COMMISSION = 10000   # millionths of a top-up's principal, paid by headquarters
ISSUE_MILLE = 1200   # a point costs its store 1.2 fen, and is worth 1 fen
WASH_FEN, WASHES = 10000, 10
BONUS_FROM, BONUS = 50000, 10000
FEE, NEW_FEE, NEW_FEE_DAY = "0.6%", "0.8%", 16

KINDS = {"lines": range(1, 14), "csv": range(14, 22), "door": range(22, 27), "python": range(27, 29),
         "javascript": range(29, 31)}
CHAIN = ("S03", "S04", "S05")  # three stores of one owner
SOLD, SOLD_LAST, BOUGHT, BUYER = "S12", 15, "S12B", "N12"
GIFT = ("S01", "S02", "S06")   # they sell a gift card of their own, good everywhere


def day_text(day):
    """The day of the month; April goes on behind the 31st."""
    return "2026-03-%02d" % day if day <= 31 else "2026-04-%02d" % (day - 31)


def kind_of():
    kinds = {"S%02d" % n: kind for kind, numbers in KINDS.items() for n in numbers}
    return {**kinds, BOUGHT: "lines"}


def is_open(store, day):
    return day <= SOLD_LAST if store == SOLD else day > SOLD_LAST or store != BOUGHT


def owner(store):
    return "CHAIN" if store in CHAIN else BUYER if store == BOUGHT else "P" + store[1:]


TERMS = {
    "alliance": {"id": "month", "name": "一卡通 a month of troubles", "zone": "+08:00", "day_start": "00:00",
                 "max_late_days": 30, "stores": "stores.csv", "day_totals": "required"},
    "products": [
        {"id": "card", "kind": "stored_value", "model": "F1", "principal_rate": "100%", "bonus_rate": "50%", "fee": FEE,
         "fee_refundable": False, "commission": "1%", "unlinked_refund": False},
        {"id": "gift", "kind": "stored_value", "model": "F2", "fee": "0.3%", "shortfall": "issuer", "floor_limit": "50.00"},
        {"id": "points", "kind": "points", "model": "PF", "issue_price": "1.2", "redeem_price": "1.0", "fund": "FUND",
         "earn": {"rate": "1", "funder": "$store"}},
        {"id": "wash", "kind": "pack", "model": "F1", "rate": "100%", "fee": "0%"},
    ],
    "offers": [{"id": "500-100", "product": "card", "funders": [{"who": "HQ", "share": "40%"},
                                                               {"who": "$store", "share": "60%"}],
                "tiers": [{"pay": "500.00", "bonus": "100.00"}]}],
}


def row(store, participant, role, name, closed=""):
    return {"store": store, "participant": participant, "party": "", "role": role, "name": name,
            "opened": day_text(SOLD_LAST + 1) if store == BOUGHT else "", "closed": closed}


def data(fee=FEE, sold=False):
    """What the alliance file and the model are made of, before and after the fee changed and the store was sold."""
    made = copy.deepcopy(TERMS)
    made["products"][0]["fee"] = fee
    rows = [row("", "HQ", "hq", "总部"), row("", "FUND", "fund", "积分基金")]
    for store in kind_of():
        if store != BOUGHT or sold:
            rows.append(row(store, owner(store), "franchise", "第%s店" % store[1:],
                            day_text(SOLD_LAST) if sold and store == SOLD else ""))
    made["stores_csv"] = rows
    return made
