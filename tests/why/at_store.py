"""What a store may ask: its own events whole, of another's what concerns its participant, and nothing else."""
import json

KEYS = ("record", "kind", "received_at", "key_id", "body_sha256", "store", "sequence")


class AtStore:
    def __init__(self, why):
        self.why, self.net = why, why.net

    def case(self, name, good, why=""):
        self.why.case("at the store: " + name, good, why)

    def asked(self, store, *words, codes=(0,)):
        return self.net.must("explain", *words, "--dir", self.net.store(store), codes=codes)

    def own(self, references, names):
        """As at headquarters, but for the proof that a store has in its receipt."""
        for name in names:
            for event in references(name):
                here, there = json.loads(self.asked(name, event, "--json")), json.loads(self.why.explain(event))
                self.case(event, here["history"] == there["history"] and here["later"] == there["later"],
                          "%s\n  instead of %s" % (here, there))
                self.case("%s, signed" % event, here["signed"] == {key: there["signed"][key] for key in KEYS},
                          "%s\n  instead of %s" % (here["signed"], there["signed"]))
            for lang in ("en", "zh"):
                here = self.asked(name, event, "--lang", lang).splitlines()
                there = self.net.must("explain", event, "--lang", lang, "--dir", self.net.hq).splitlines()
                self.case("%s in %s" % (event, lang), here == [line for line in there if line[2:6] not in ("leaf", "root")
                                                              and not line.startswith(("  叶", "  根"))],
                          "\n".join(here) + "\n--- instead of\n" + "\n".join(there))

    def line(self):
        here = json.loads(self.asked("B", "B:1:1/bonus", "--json"))["history"]
        self.case("a line", here == json.loads(self.why.explain("B:1:1/bonus"))["history"], here)

        for words in ("service fee", "service_fee", "fee", "手续费"):
            here = json.loads(self.asked("B", "B:1:1/" + words, "--json", "--lang", "zh" if words[0] > "z" else "en"))["history"]
            there = json.loads(self.why.explain("B:1:1/" + words, "--lang", "zh" if words[0] > "z" else "en"))["history"]
            self.case("a line as people call it: " + words, len(here) == 2 and here == there, here)

    def others(self):
        """A sold the lot from which B sold: its claims, and the step that makes them; not what B's till told."""
        told = json.loads(self.asked("A", "B:1:1", "--json"))["history"][0]
        parties = {(claim["debtor"], claim["creditor"]) for claim in told["claims"]}
        whole = json.loads(self.why.explain("B:1:1"))["history"][0]
        self.case("of another: claims", told["claims"] == [claim for claim in whole["claims"] if "A" in (
            claim["debtor"], claim["creditor"])] and parties and told["claims"] != whole["claims"], told)
        self.case("of another: no report", "reported" not in told and told["memos"] == [], told)
        self.case("of another: steps", 0 < len(told["steps"]) < len(whole["steps"]) and
                  all(step in whole["steps"] for step in told["steps"]), told["steps"])
        text = self.asked("A", "B:1:1", "--lang", "en")
        self.case("of another: as text", "reported, at" not in text and "gross_fen" not in text, text)
        told = json.loads(self.asked("A", "B:1:1/bonus", "--json"))["history"][-1]
        self.case("of another: a line", [claim["debtor"] for claim in told["claims"]] == ["A"], told)

    def net_of(self, store, cycle, there, csv):
        """The net by its lines as headquarters has it; what day-ends made is no line here, and the rest of the statement."""
        mine = self.net.dir + "/mine.csv"
        here = json.loads(self.asked(store, store, cycle, "--lines", mine, "--json"))
        name = "net of %s, %s: " % (store, cycle)
        self.case(name + "the statement", {key: value for key, value in here.items() if key not in (
            "largest", "of_no_event", "adds_up")} == {key: value for key, value in there.items() if key != "largest"}, here)
        with open(mine, encoding="utf-8", newline="") as file:
            lines = file.read().split("\r\n")
        made = [line for line in csv.split("\n") if not line.startswith("20")]
        self.case(name + "the lines", [line for line in lines if line] == [line for line in made if line] and len(lines) > 2, lines)
        rows = [row for row in there["largest"] if not row["line"].startswith("20")]
        self.case(name + "the largest", here["largest"][:len(rows)] == rows and len(here["largest"]) <= 10, here["largest"])
        self.case(name + "adds up", here["adds_up"] is True, here)
        no_event = sum(row["amount_fen"] * (1 if row["direction"] == "in" else -1) for row in here["of_no_event"])
        ends = [line.split(",") for line in csv.split("\n") if line.startswith("20")]
        self.case(name + "of no event", no_event == sum(int(row[6]) * (1 if row[3] == store else -1) for row in ends), here)
        text = self.asked(store, store, cycle, "--lang", "en")
        self.case(name + "as text", "\nADDS UP" in text and "The largest of its %d lines" % (len(lines) - 2) in text and
                  ("Of no event" in text) == bool(here["of_no_event"]), text)

    def net_refused(self):
        for words, code, why in ((("A", "2026-03"), 77, "that of B"), (("B", "1999-01"), 66, "no cycle"), (("B", "a/b"), 66, "no cycle"),
                                 (("B", "open", "--lines", "/nowhere/x.csv"), 74, "/nowhere/x.csv"), (("B:1:1", "--lines", "x"), 64, "")):
            done = self.net.run("explain", *words, "--dir", self.net.store("B"))
            self.case("net, %s" % (words,), done.returncode == code and why in done.stderr and not done.stdout, done)

    def refused(self):
        for store, what, why in (("C", "B:1:1", "NOT_YOURS"), ("B", "B:1:99", "NOT_THERE"), ("B", "Z:1:1", "NOT_THERE"),
                                 ("B", "B:1:1/tender", "NO_SUCH_LINE"), ("B", "B:1", "write store"), ("B", "B:1:1/what", "write store")):
            done = self.net.run("explain", what, "--dir", self.net.store(store))
            self.case("%s asks for %s" % (store, what), done.returncode == 66 and why in done.stderr and not done.stdout, done)

    def not_taken(self, at):
        """Refused: headquarters keeps none of it, the store's outbox does. Waiting: what it lacks now."""
        pay = [{"with": "stored_value", "product": "card", "amount_fen": 100}]
        refused = {"type": "sale", "terminal": "7", "number": 1, "at": at, "member": "999", "gross_fen": 100,
                   "pay": [{"with": "stored_value", "product": "gone", "amount_fen": 100}]}
        waits = {"type": "sale", "terminal": "7", "number": 2, "at": at, "member": "999", "gross_fen": 100, "pay": pay}
        self.net.publish("B", [json.dumps(one).encode() for one in (refused, waits)], codes=(65,))
        told = json.loads(self.asked("B", "B:7:1", "--json"))
        self.case("refused", told["outcome"] == "UNKNOWN_PRODUCT" and told["check"] and told["advice"], told)
        told = json.loads(self.asked("B", "B:7:2", "--json"))["history"]
        self.case("waits", [(part["outcome"], part["reason"]) for part in told] == [("WAITING", "UNKNOWN_MEMBER")], told)
        done = self.net.run("explain", "B:7:2", "--dir", self.net.store("A"))
        self.case("another's that waits", done.returncode == 66 and "NOT_YOURS" in done.stderr, done)
