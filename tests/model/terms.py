"""The alliance as the model sees it: ALLIANCE.json turned into exact integers."""
import datetime
import re

MILLION = 10 ** 6
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def decimal(text, places):
    """A plain decimal string as an integer in units of 10^-places."""
    m = re.fullmatch(r"([0-9]+)(?:\.([0-9]+))?", text)
    if not m or len(m.group(2) or "") > places:
        raise ValueError("not a decimal with at most %d places: %r" % (places, text))
    return int(m.group(1) + (m.group(2) or "").ljust(places, "0"))


def rate(text):
    """"0.6%" in millionths."""
    if not text.endswith("%"):
        raise ValueError("a rate ends in %%: %r" % text)
    return decimal(text[:-1], 4)


def money(text):
    return decimal(text, 2)


def day(text):
    return datetime.date.fromisoformat(text).toordinal()


def day_text(ordinal):
    return datetime.date.fromordinal(ordinal).isoformat()


def in_force(entry, on):
    return not (entry.get("from") and on < day(entry["from"])
                or entry.get("to") and on > day(entry["to"]))


class Store:
    def __init__(self, row):
        self.id = row["store"]
        self.participant = row["participant"]
        self.opened = day(row["opened"]) if row.get("opened") else None
        self.closed = day(row["closed"]) if row.get("closed") else None

    def open_on(self, on):
        return not (self.opened and on < self.opened or self.closed and on > self.closed)


def funders(entries):
    return [(f["who"], rate(f["share"])) for f in entries]


class Product:
    def __init__(self, entry, hq):
        self.entry = entry
        self.id = entry["id"]
        self.kind = entry["kind"]
        self.model = entry["model"]
        self.hq = hq
        if self.kind == "points":
            self.issue_price = decimal(entry["issue_price"], 3) if self.model == "PF" else 0
            self.redeem_price = decimal(entry["redeem_price"], 3)
            self.fund = entry.get("fund")
            self.beneficiary = entry.get("beneficiary") or self.fund
            self.valid_days = entry.get("valid_days")
            self.earn = self.read_earn(entry.get("earn"))
        else:
            self.fee = rate(entry.get("fee", "0%"))
            self.fee_payee = entry.get("fee_payee") or hq
            self.fee_refundable = entry.get("fee_refundable", False)
            self.commission = rate(entry.get("commission", "0%"))
            self.principal_rate = rate(entry.get(
                "rate" if self.kind == "pack" else "principal_rate", "100%"))
            self.bonus_rate = rate(entry.get("bonus_rate", "100%"))
            self.unlinked_refund = entry.get("unlinked_refund", False)
            self.shortfall = entry.get("shortfall")
            self.floor_limit = money(entry.get("floor_limit", "0"))
            self.hold_days = entry.get("hold_days", 0)

    @staticmethod
    def read_earn(entry):
        if not entry:
            return None
        return {"rate": decimal(entry["rate"], 6), "funder": entry.get("funder", "$store"),
                "multipliers": [(decimal(m["times"], 6), m.get("funder", "$store"), m)
                                for m in entry.get("multipliers", [])]}

    def in_force(self, on):
        return in_force(self.entry, on)

    def holder(self, seller):
        """Who holds a lot's principal, given the participant that sold it."""
        return self.hq if self.model in ("F1", "F1o") else seller


class Offer:
    def __init__(self, entry, product):
        self.entry = entry
        self.id = entry["id"]
        self.product = entry["product"]
        self.funders = funders(entry["funders"])
        self.commission = rate(entry["commission"]) if "commission" in entry \
            else product.commission
        self.tiers = [(money(t["pay"]), t["bonus"], t.get("every", False)) for t in entry["tiers"]]

    def bonus(self, principal):
        reached = [t for t in self.tiers if t[0] <= principal]
        if not reached:
            return 0
        pay, bonus, every = reached[-1]
        if bonus.endswith("%"):
            return principal * rate(bonus) // MILLION
        return money(bonus) * (principal // pay if every else 1)


class Alliance:
    def __init__(self, data):
        head = data["alliance"]
        sign, hours, minutes = re.fullmatch(r"([+-])(\d\d):(\d\d)", head.get("zone", "+08:00")).groups()
        self.zone = (int(hours) * 60 + int(minutes)) * 60000 * (-1 if sign == "-" else 1)
        hours, minutes = head.get("day_start", "00:00").split(":")
        self.day_start = (int(hours) * 60 + int(minutes)) * 60000
        self.max_late_days = head.get("max_late_days", 30)
        rows = data["stores_csv"]
        self.hq = next(r["participant"] for r in rows if r.get("role") == "hq")
        self.stores = {r["store"]: Store(r) for r in rows if r.get("store")}
        self.products = {p["id"]: Product(p, self.hq) for p in data["products"]}
        self.offers = {o["id"]: Offer(o, self.products[o["product"]]) for o in data.get("offers", [])}
        self.discounts = {d["id"]: (d, funders(d["funders"])) for d in data.get("discounts", [])}
        self.campaigns = {c["id"]: c for c in data.get("campaigns", [])}

    def business_day(self, instant):
        """Ordinal of the business day of an instant in milliseconds since year 1."""
        return (instant + self.zone - self.day_start) // 86400000 + 1

    def product(self, ident, kind):
        p = self.products.get(ident)
        return p if p and p.kind == kind else None
