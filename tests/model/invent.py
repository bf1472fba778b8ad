"""Invents alliances: every term of the alliance file, with awkward figures."""
import datetime
import json

START = datetime.date(2026, 2, 26)
RATES = ("0%", "0.6%", "1%", "33.3333%", "50%", "66.6667%", "0.0001%", "12.5%", "99.9999%", "100%")
FEES = ("0%", "0.6%", "0.3%", "2.5%", "33.3333%", "0.38%")
SHARES = (("100%",), ("40%", "60%"), ("33.3333%", "66.6667%"), ("50%", "50%"), ("0.0001%", "99.9999%"),
          ("33.3333%", "33.3333%", "33.3334%"), ("10%", "20%", "70%"), ("25%", "25%", "25%", "25%"),
          ("7.7%", "11.11%", "31.1901%", "49.9999%"))


def some(rng, chance):
    return rng.random() < chance


def date(rng, low, high):
    return (START + datetime.timedelta(days=rng.randint(low, high))).isoformat()


def dates(rng, entry, chance=0.15):
    if some(rng, chance):
        entry["from"] = date(rng, -3, 4)
    if some(rng, chance):
        entry["to"] = date(rng, 2, 9)
        if entry.get("from", "") > entry["to"]:
            del entry["to"]
    return entry


def yuan(fen):
    return "%d.%02d" % divmod(fen, 100)


class Inventor:
    def __init__(self, rng):
        self.rng = rng
        self.hq = rng.choice(("HQ", "hq", "ZB"))
        self.stores = rng.sample(("A", "B", "C", "a1", "Z-9", "x_1"), rng.randint(1, 6))
        self.rows, self.participants = [], [self.hq, "FUND", "Bank2"]
        self.cast()

    def cast(self):
        rng = self.rng
        names = list(dict.fromkeys(rng.choice((s, s, "P1", "P1", "p-2", self.hq) if some(rng, 0.6) else (s,))
                                   for s in self.stores))
        for i, store in enumerate(self.stores):
            owner = store if some(rng, 0.5) else rng.choice(names)
            row = {"store": store, "participant": owner, "party": "", "role": "hq" if owner == self.hq else "franchise",
                   "name": rng.choice(("东门店", "Shop", "店 2")), "opened": "", "closed": ""}
            if i and some(rng, 0.15):
                row["opened"] = date(rng, 0, 3)
            if i and some(rng, 0.15):
                row["closed"] = date(rng, 4, 8)
            self.rows.append(row)
            if owner not in self.participants:
                self.participants.append(owner)
        held = {r["participant"] for r in self.rows}
        for p, role in ((self.hq, "hq"), ("FUND", "fund"), ("Bank2", "branch")):
            if p not in held:
                self.rows.append({"store": "", "participant": p, "party": "", "role": role, "name": p,
                                  "opened": "", "closed": ""})

    def funder(self):
        return self.rng.choice(["$store", "$store", "$home", "$issuer"] + self.participants)

    def funders(self):
        return [{"who": self.funder(), "share": s} for s in self.rng.choice(SHARES)]

    def fees(self, entry):
        rng = self.rng
        if some(rng, 0.7):
            entry["fee"] = rng.choice(FEES)
            if some(rng, 0.3):
                entry["fee_payee"] = rng.choice(self.participants)
            if some(rng, 0.6):
                entry["fee_refundable"] = some(rng, 0.75)
        if entry["model"] == "F1" and some(rng, 0.6):
            entry["commission"] = rng.choice(FEES[1:])
        return dates(rng, entry, 0.08)

    def card(self, ident, model):
        rng = self.rng
        entry = {"id": ident, "kind": "stored_value", "model": model}
        if some(rng, 0.4):
            entry["principal_rate"] = rng.choice(RATES)
        if some(rng, 0.7):
            entry["bonus_rate"] = rng.choice(RATES)
        if some(rng, 0.5):
            entry["unlinked_refund"] = some(rng, 0.8)
        if some(rng, 0.6):
            entry["shortfall"] = rng.choice(("store", "issuer", "hq"))
            entry["floor_limit"] = rng.choice(("0.01", "1.00", "50.00", "1000.00", "99999.00"))
        if some(rng, 0.7):
            entry["hold_days"] = rng.choice((1, 1, 2, 3, 365))
        return self.fees(entry)

    def pack(self, ident, model):
        entry = {"id": ident, "kind": "pack", "model": model}
        if some(self.rng, 0.4):
            entry["rate"] = self.rng.choice(RATES)
        return self.fees(entry)

    def points(self, ident, model):
        rng = self.rng
        redeem = rng.choice((300, 400, 1000, 1000, 990, 1234, 10000, 7))
        entry = {"id": ident, "kind": "points", "model": model, "redeem_price": mille(redeem)}
        if model == "PF":
            entry["issue_price"] = mille(redeem + rng.choice((0, 200, 333, 1)))
            entry["fund"] = rng.choice(("FUND", "FUND", self.hq, rng.choice(self.participants)))
            if some(rng, 0.4):
                entry["beneficiary"] = rng.choice(self.participants)
        if some(rng, 0.5):
            entry["valid_days"] = rng.choice((1, 1, 2, 3, 5, 40))
        if some(rng, 0.8):
            earn = {"rate": rng.choice(("1", "0.5", "2", "0.333333", "10", "100"))}
            if some(rng, 0.5):
                earn["funder"] = self.funder()
            if some(rng, 0.6):
                earn["multipliers"] = [self.multiplier("m%d" % i) for i in range(rng.randint(1, 4))]
            entry["earn"] = earn
        return dates(rng, entry, 0.08)

    def multiplier(self, ident):
        rng = self.rng
        entry = {"id": ident, "times": rng.choice(("2", "1.5", "3", "1", "1.333333", "10"))}
        if some(rng, 0.6):
            entry["funder"] = self.funder()
        if some(rng, 0.3):
            entry["weekdays"] = rng.sample(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), rng.randint(1, 5))
        if some(rng, 0.3):
            entry["stores"] = rng.sample(self.stores, rng.randint(1, len(self.stores)))
        if some(rng, 0.3):
            entry["campaign"] = rng.choice(("spring", "c2"))
        return dates(rng, entry, 0.15)

    def tier(self, pay):
        rng = self.rng
        if some(rng, 0.4):
            return {"pay": yuan(pay), "bonus": rng.choice(("20%", "33.3333%", "150%", "7%", "0%"))}
        tier = {"pay": yuan(pay), "bonus": yuan(rng.choice((1, 3, pay, pay // 3, pay // 5)))}
        if some(rng, 0.4):
            tier["every"] = True
        return tier

    def offer(self, ident, card):
        rng = self.rng
        entry = {"id": ident, "product": card["id"], "funders": self.funders()}
        if card["model"] == "F1" and some(rng, 0.3):
            entry["commission"] = rng.choice(FEES)
        pay = sorted(rng.sample((1, 5, 10, 17, 100, 333, 1000, 5000, 50000), rng.randint(1, 3)))
        entry["tiers"] = [self.tier(p) for p in pay]
        return dates(rng, entry, 0.12)

    def alliance(self):
        rng = self.rng
        head = {"id": "demo", "name": "一卡通用", "stores": "stores.csv"}
        if some(rng, 0.4):
            head["zone"] = rng.choice(("+08:00", "-05:00", "+05:30", "+00:00"))
        if some(rng, 0.4):
            head["day_start"] = rng.choice(("00:00", "04:00", "06:30", "23:00"))
        if some(rng, 0.6):
            head["max_late_days"] = rng.choice((1, 1, 2, 3, 30))
        cards = [self.card(i, rng.choice(("F1", "F1", "F2", "F2", "F1o", "F4")))
                 for i in rng.sample(("card", "Card", "gift", "z"), rng.randint(1, 3))]
        packs = [self.pack(i, rng.choice(("F1", "F1", "F2", "F2", "F1o", "F4")))
                 for i in rng.sample(("wash", "gym"), rng.randint(0, 2))]
        points = [self.points(i, rng.choice(("PF", "PF", "PR")))
                  for i in rng.sample(("points", "stars"), rng.randint(0, 2))]
        products = cards + packs + points
        rng.shuffle(products)
        data = {"alliance": head, "products": products}
        offers = [self.offer("o%d" % i, rng.choice(cards)) for i in range(rng.randint(0, 4))]
        rules = [dates(rng, {"id": "d%d" % i, "funders": self.funders()}) for i in range(rng.randint(0, 3))]
        # Multipliers ask for these two by name, so both are always there.
        campaigns = [dates(rng, {"id": i} | ({"funder": self.funder()} if some(rng, 0.7) else {}))
                     for i in ("spring", "c2")]
        data.update({k: v for k, v in (("offers", offers), ("discounts", rules), ("campaigns", campaigns)) if v})
        data["stores_csv"] = self.rows
        return data


def mille(n):
    return "%d.%03d" % divmod(n, 1000) if n % 1000 else str(n // 1000)


def libconfig(value, indent=0):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "( %s )" % ", ".join(libconfig(v) for v in value) if value else "( )"
    if isinstance(value, dict):
        return "{ %s }" % " ".join("%s = %s;" % (k, libconfig(v)) for k, v in value.items())
    return str(value)


def conf_text(data):
    out = []
    for key, value in data.items():
        if key == "stores_csv":
            continue
        if isinstance(value, list):
            out.append("%s = (\n    %s\n);\n" % (key, ",\n    ".join(libconfig(v) for v in value)))
        else:
            out.append("%s = %s;\n" % (key, libconfig(value)))
    return "".join(out)


def csv_text(rows):
    columns = ("store", "participant", "party", "role", "name", "opened", "closed")
    return ",".join(columns) + "\n" + "".join(",".join(r[c] for c in columns) + "\n" for r in rows)
