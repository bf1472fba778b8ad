"""A store at which the members of three hundred others use their value: a statement of over six hundred lines, which no plain
answer takes, and a net of several pages."""
import json
import os
import pathlib
import shutil

TOP = pathlib.Path(__file__).resolve().parents[2]
MANY, SALES = 300, 8
CARD = 7000000000


class Many:
    def __init__(self, net, verdicts):
        self.net, self.verdicts = net, verdicts

    def set_up(self):
        rules = os.path.join(self.net.dir, "rules")
        shutil.copytree(TOP / "deploy/samples/f2", rules)
        with open(os.path.join(rules, "stores.csv"), "a", encoding="utf-8") as file:
            file.writelines("S%d,P%d,,franchise,,,\n" % (n, n) for n in range(1, MANY + 1))
        lots, totals = (os.path.join(self.net.dir, name) for name in ("lots.csv", "totals.csv"))
        with open(lots, "w", encoding="utf-8") as file:
            file.write("member,store,product,principal,bonus,funders,points,uses,pack,valid_to\n")
            file.writelines("%d,S%d,card,100.00,20.00,P%d,,,,\n" % (CARD + n, n, n) for n in range(1, MANY + 1))
        with open(totals, "w", encoding="utf-8") as file:
            file.write("issuer,product,lots,principal,bonus,points,uses\n")
            file.writelines("P%d,card,1,100.00,20.00,,\n" % n for n in range(1, MANY + 1))
        self.net.set_up("--alliance", os.path.join(rules, "alliance.conf"))
        for person, role in (("MAKER", "maker,operator"), ("CHECKER", "checker")):
            self.net.must("operator", "add", person, "--role", role, "--dir", self.net.hq)
        self.net.must("opening", lots, "--totals", totals, "--reason", "they come over", "--as", "MAKER", "--dir", self.net.hq)
        self.net.must("approve", os.listdir(os.path.join(self.net.hq, "proposals"))[0], "--as", "CHECKER", "--dir", self.net.hq)

    def json(self, *words):
        return json.loads(self.net.must(*words, "--json"))

    def play(self):
        self.set_up()
        sales = [{"type": "sale", "terminal": "1", "number": k * MANY + n, "at": "2026-03-01T10:%02d:00+08:00" % k,
                  "member": str(CARD + n), "gross_fen": 600, "pay": [{"with": "stored_value", "product": "card", "amount_fen": 600}]}
                 for k in range(SALES) for n in range(1, MANY + 1)]
        told = self.net.publish("B", [json.dumps(sale).encode() for sale in sales])
        self.verdicts.case("many: published", told["accepted"] == len(sales), told)
        there = self.json("explain", "B", "open", "--dir", self.net.hq)
        csv = os.path.join(self.net.dir, "mine.csv")
        here = self.json("explain", "B", "open", "--lines", csv, "--dir", self.net.store("B"))
        # 6.00 of 120.00: 5.00 of the principal, 1.00 of the bonus, of which half is settled; a fee of 0.6 % on 5.50, half up: 0.03
        self.verdicts.case("many: the net", here["net_fen"] == len(sales) * (500 + 50 - 3) and len(here["lines"]) == 2 * MANY + 1,
                           (here["net_fen"], len(here["lines"])))
        self.verdicts.case("many: adds up", here["adds_up"] is True and here["lines"] == there["lines"] and
                           here["largest"] == there["largest"], here["largest"])
        self.verdicts.case("many: all lines", len(pathlib.Path(csv).read_text(encoding="utf-8").splitlines()) == 3 * len(sales) + 1)
        self.net.must("cycle", "close", "2026-03", "--incomplete", "a trial", "--as", "MAKER", "--dir", self.net.hq)
        here, there = (self.json("statement", *words) for words in (
            ("2026-03", "--dir", self.net.store("B")), ("B", "2026-03", "--dir", self.net.hq)))
        self.verdicts.case("many: a statement", here == there and len(json.dumps(here)) > 49152, len(json.dumps(here)))
