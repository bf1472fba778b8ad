#!/usr/bin/env python3
"""The goldens of the rules and the worked examples of the business, run against the model."""
import contextlib
import io
import json
import os
import sys
import tempfile
import unittest

import model
from lots import half_up, largest_remainder, peel
from terms import Alliance, rate

STORES = [{"store": s, "participant": s, "party": "", "role": "franchise", "name": s, "opened": "", "closed": ""}
          for s in "ABC"]
STORES += [{"store": "", "participant": p, "party": "", "role": r, "name": p, "opened": "", "closed": ""}
           for p, r in (("HQ", "hq"), ("FUND", "fund"))]


def alliance(fund_model="F1", refundable=False, **points):
    card = {"id": "card", "kind": "stored_value", "model": fund_model, "bonus_rate": "50%", "fee": "0.6%",
            "fee_refundable": refundable, "unlinked_refund": True}
    if fund_model == "F1":
        card["commission"] = "1%"
    return Alliance({
        "alliance": {"id": "demo", "stores": "stores.csv"}, "stores_csv": STORES,
        "products": [card, {"id": "wash", "kind": "pack", "model": fund_model},
                     {"id": "points", "kind": "points", "model": "PF", "issue_price": "1.2", "redeem_price": "1.0",
                      "fund": "FUND", "earn": {"rate": "1"}, **points}],
        "offers": [{"id": "500-100", "product": "card", "tiers": [{"pay": "500.00", "bonus": "100.00"}],
                    "funders": [{"who": "HQ", "share": "40%"}, {"who": "$store", "share": "60%"}]}],
        "discounts": [{"id": "tie", "funders": [{"who": "HQ", "share": "50%"}, {"who": "FUND", "share": "50%"}]}]})


class Day:
    """Events in the order in which they are written, a minute apart."""

    def __init__(self, rules):
        self.rules, self.lines, self.minute = rules, [], 0

    def add(self, store, kind, day="2026-03-01", **keys):
        self.minute += 1
        number = keys.pop("number", self.minute)
        self.lines.append((store, {"type": kind, "terminal": "1", "number": number, "member": "62",
                                   "at": "%sT%02d:%02d:00+08:00" % (day, 8 + self.minute // 60, self.minute % 60),
                                   **keys}))
        return "%s:1:%d" % (store, number)

    def run(self):
        clearing = model.simulate(self.rules, [(s, {k: v for k, v in e.items() if v is not None})
                                               for s, e in self.lines])
        self.lots = clearing.end_lots()
        return clearing.out


def nets(out):
    net = {}
    for line in out:
        for c in line["claims"]:
            net[c["debtor"]] = net.get(c["debtor"], 0) - c["amount_fen"]
            net[c["creditor"]] = net.get(c["creditor"], 0) + c["amount_fen"]
    return net


def claims(line):
    return {(c["kind"], c["debtor"], c["creditor"]): c["amount_fen"] for c in line["claims"]}


def stored(n):
    return {"with": "stored_value", "product": "card", "amount_fen": n}


def top_up(day, store="A"):
    return day.add(store, "topup", product="card", principal_fen=50000, bonus_fen=10000, offer="500-100")


def spend(day, store, n, **keys):
    return day.add(store, "sale", gross_fen=n, pay=[stored(n)], **keys)


def points(n):
    return [{"product": "points", "points": n}]


class Goldens(unittest.TestCase):
    def cycle(self, fund_model):
        day = Day(alliance(fund_model))
        top_up(day)
        spend(day, "B", 12345, earn=points(123))
        spend(day, "C", 20000)
        day.add("C", "sale", gross_fen=80, pay=[{"with": "points", "product": "points", "points": 80, "amount_fen": 80}])
        day.add("A", "pack_sale", product="wash", pack="W1", price_fen=9999, uses=10)
        day.add("B", "sale", gross_fen=0, pay=[{"with": "pack", "pack": "W1", "uses": 1}])
        out = day.run()
        self.assertEqual({x["outcome"] for x in out}, {"ACCEPTED"})
        return day, out

    def test_cycle(self):
        for fund_model, net in (
                ("F1", {"A": -61116, "B": 12099, "C": 18303, "FUND": 68, "HQ": 30646}),
                ("F2", {"A": -29570, "B": 12099, "C": 18303, "FUND": 68, "HQ": -900})):
            day, out = self.cycle(fund_model)
            self.assertEqual(nets(out), net)
            left = {x["product"]: (x["units"], x["principal_fen"]) for x in day.lots}
            self.assertEqual(left, {"card": (27655, 23046), "wash": (9, 9000), "points": (43, 0)})

    def test_e1(self):
        _, out = self.cycle("F1")
        self.assertEqual(claims(out[0]), {("principal", "A", "HQ"): 50000, ("commission", "HQ", "A"): 500})
        self.assertEqual(claims(out[1]), {
            ("principal", "HQ", "B"): 10287, ("bonus", "HQ", "B"): 411, ("bonus", "A", "B"): 618,
            ("fee", "B", "HQ"): 68, ("points_issue", "B", "FUND"): 148})
        self.assertEqual(out[1]["memos"], [{"store": "B", "kind": "bonus", "amount_fen": 1029}])
        self.assertEqual(claims(out[2]), {("principal", "HQ", "C"): 16667, ("bonus", "HQ", "C"): 667,
                                          ("bonus", "A", "C"): 999, ("fee", "C", "HQ"): 110})
        self.assertEqual(claims(out[3]), {("points_redeem", "FUND", "C"): 80})
        self.assertEqual(claims(out[5]), {("pack", "HQ", "B"): 999})
        _, out = self.cycle("F2")
        self.assertEqual(claims(out[0]), {})
        self.assertEqual(claims(out[5]), {("pack", "A", "B"): 999})

    def test_last_spend_empties_the_lot(self):
        day = Day(alliance())
        top_up(day)
        spend(day, "B", 12345)
        spend(day, "C", 20000)
        spend(day, "A", 27655)
        out = day.run()
        self.assertEqual(claims(out[3]), {("principal", "HQ", "A"): 23046, ("bonus", "HQ", "A"): 922})
        self.assertEqual(out[3]["memos"], [{"store": "A", "kind": "bonus", "amount_fen": 4609 - 922}])
        self.assertEqual(day.lots, [])

    def refunds(self, fund_model, refundable=False):
        day = Day(alliance(fund_model, refundable))
        top_up(day)
        sale = spend(day, "B", 12345, earn=points(123))
        for n in (5000, 5000, 2345):
            day.add("C", "refund", of=sale, amount_fen=n, back=[stored(n)])
        day.add("C", "refund", of=sale, amount_fen=1)
        out = day.run()
        self.assertEqual(out[-1]["outcome"], "REFUND_OVER_ORIGINAL")
        return day, out[2:5]

    def test_refund_in_three_parts(self):
        for fund_model in ("F1", "F2"):
            day, out = self.refunds(fund_model)
            holder = "HQ" if fund_model == "F1" else "A"
            got = [claims(x) for x in out]
            self.assertEqual([c[("principal", "B", holder)] for c in got], [4166, 4166, 1955])
            self.assertEqual([c[("bonus", "B", "HQ")] for c in got], [166, 166, 79])
            self.assertEqual([c[("bonus", "B", "A")] for c in got], [250, 251, 117])
            self.assertEqual([sum(n for (k, d, _), n in c.items() if d == "B") for c in got], [4582, 4583, 2151])
            self.assertEqual([l["bonus_fen"] for l in day.lots[2::-1]], [834, 834, 390])
            self.assertEqual(sum(c[("points_issue", "FUND", "B")] for c in got), 148)
        got = [claims(x) for x in self.refunds("F1", True)[1]]
        self.assertEqual([c[("fee", "HQ", "B")] for c in got], [27, 28, 13])

    def test_points_taken_back(self):
        day = Day(alliance())
        sale = day.add("B", "sale", gross_fen=12345, pay=[{"with": "cash", "amount_fen": 12345}], earn=points(123))
        left = []
        for n in (5000, 5000, 2345):
            day.add("B", "refund", of=sale, amount_fen=n)
            day.run()
            left.append(sum(l["units"] for l in day.lots))
        self.assertEqual(left, [74, 24, 0])

    def test_thousand_grants_of_a_point(self):
        day = Day(alliance(issue_price="0.4", redeem_price="0.4"))
        for _ in range(1000):
            day.add("A", "points_grant", product="points", points=1, reason="hello")
            day.minute %= 900
            day.lines[-1][1]["number"] = len(day.lines)
        day.add("B", "sale", gross_fen=400, number=1, pay=[
            {"with": "points", "product": "points", "points": 1000, "amount_fen": 400}], day="2026-03-02")
        out = day.run()
        self.assertEqual({x["outcome"] for x in out}, {"ACCEPTED"})
        self.assertEqual(nets(out), {})
        self.assertEqual(out[-1]["memos"], [{"store": "B", "kind": "points_redeem", "amount_fen": 400}])

    def test_packs(self):
        for price, fee, sums in ((29900, "0.3%", (29900, 90)), (9999, "0%", (9999, 0))):
            rules = alliance()
            rules.products["wash"].fee = rate(fee)
            day = Day(rules)
            day.add("A", "pack_sale", product="wash", pack="W1", price_fen=price, uses=10)
            for _ in range(10):
                day.add("B", "sale", gross_fen=0, pay=[{"with": "pack", "pack": "W1", "uses": 1}])
            got = [claims(x) for x in day.run()[1:]]
            uses = [c[("pack", "HQ", "B")] for c in got]
            self.assertEqual((sum(uses), sum(c.get(("fee", "B", "HQ"), 0) for c in got)), sums)
            self.assertEqual(uses, [2990] * 10 if price == 29900 else [999] + [1000] * 9)

    def test_cashout(self):
        rules = alliance()
        rules.offers["500-100"].tiers = [(300000, "1000.00", False)]
        day = Day(rules)
        day.add("A", "topup", product="card", principal_fen=300000, bonus_fen=100000, offer="500-100")
        spend(day, "B", 359400)
        day.add("C", "cashout", product="card", amount_fen=30450)
        out = day.run()
        self.assertEqual(claims(out[2]), {("cashout", "HQ", "C"): 30450, ("commission", "A", "HQ"): 304})
        self.assertEqual(day.lots, [])


class Behaviour(unittest.TestCase):
    def test_told_waits_and_asked_does_not(self):
        day = Day(alliance())
        spend(day, "B", 100)
        spend(day, "B", 100, ask=True)
        day.add("A", "topup", product="card", principal_fen=100)
        out = day.run()
        self.assertEqual([(x["event"], x["outcome"], x["reason"]) for x in out], [
            ("B:1:1", "WAITING", "UNKNOWN_MEMBER"), ("B:1:2", "UNKNOWN_MEMBER", ""),
            ("A:1:3", "ACCEPTED", ""), ("B:1:1", "ACCEPTED", "")])

    def test_numbers(self):
        day = Day(alliance())
        day.add("A", "enrol", number=7)
        day.lines.append(day.lines[0])
        day.add("A", "enrol", number=7, member="63")
        day.add("A", "enrol", number=5, day="2026-03-31")
        day.add("A", "enrol", number=4, day="2026-04-01")
        self.assertEqual([x["outcome"] for x in day.run()],
                         ["ACCEPTED", "DUPLICATE", "NUMBER_REUSED", "ACCEPTED", "TOO_OLD"])

    def test_void_gives_all_back(self):
        day = Day(alliance("F2"))
        top_up(day)
        sale = spend(day, "B", 12345, earn=points(123))
        part = day.add("C", "refund", of=sale, amount_fen=45)
        day.add("B", "void", of=sale)
        day.add("C", "void", of=part)
        day.add("B", "void", of=sale)
        out = day.run()
        self.assertEqual([x["outcome"] for x in out],
                         ["ACCEPTED"] * 3 + ["REFUNDED", "ACCEPTED", "ACCEPTED"])
        self.assertEqual(set(nets(out).values()), {0})
        self.assertEqual([(x["lot"], x["units"]) for x in day.lots], [("B:1:6/1", 12345), ("A:1:1/1", 47655)])

    def test_expiry_pays_the_beneficiary(self):
        day = Day(alliance(valid_days=1, beneficiary="HQ"))
        day.add("A", "points_grant", product="points", points=100, reason="x")
        day.add("A", "enrol", day="2026-03-03")
        out = day.run()
        self.assertEqual([(x["event"], x["type"], x["booked"], claims(x)) for x in out[1:2]],
                         [("A:1:1", "expiry", "2026-03-02", {("breakage", "FUND", "HQ"): 100})])

    def test_tie_of_a_discount_goes_to_the_smaller_id(self):
        day = Day(alliance())
        day.add("A", "sale", member=None, gross_fen=3, discounts=[{"rule": "tie", "amount_fen": 3}],
                pay=[{"with": "cash", "amount_fen": 1}])
        day.lines[0][1]["gross_fen"] = 4
        self.assertEqual(claims(day.run()[0]), {("discount", "FUND", "A"): 2, ("discount", "HQ", "A"): 1})

    def test_splits(self):
        self.assertEqual(half_up(1, 2), 1)
        self.assertEqual(largest_remainder(1001, [("HQ", 600000), ("A", 400000)]), [("HQ", 601), ("A", 400)])
        for cum in range(8):
            self.assertEqual(sum(peel([1, 0, 3, 3], cum)), cum)

    def test_files(self):
        with tempfile.TemporaryDirectory() as d:
            rules = {"alliance": {"id": "x", "stores": "stores.csv"}, "stores_csv": STORES,
                     "products": [{"id": "card", "kind": "stored_value", "model": "F2"}]}
            with open(os.path.join(d, "a.json"), "w", encoding="utf-8") as f:
                json.dump(rules, f)
            good = {"type": "enrol", "terminal": "1", "number": 1, "at": "2026-03-01T10:00:00+08:00", "member": "62"}
            with open(os.path.join(d, "A"), "w", encoding="utf-8") as f:
                f.write(json.dumps(good) + "\n{}\n" + json.dumps({**good, "x": 1}) + "\n")
            sys.argv = ["model.py", d + "/a.json", "--events", "A=" + d + "/A", "--out", d + "/o"]
            errors = io.StringIO()
            with contextlib.redirect_stderr(errors):
                self.assertEqual(model.main(), 65)
            self.assertEqual(errors.getvalue().count("BAD_LINE"), 2)
            with open(d + "/o/cleared.jsonl", encoding="utf-8") as f:
                self.assertEqual(f.read(), '{"event":"A:1:1","type":"enrol","outcome":"ACCEPTED","reason":"",'
                                 '"occurred":"2026-03-01","booked":"2026-03-01","claims":[],"memos":[]}\n')


if __name__ == "__main__":
    unittest.main()
