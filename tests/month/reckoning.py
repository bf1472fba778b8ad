"""The end of the month: every fen of every till and of every claim is accounted for."""
import collections
import json
import sqlite3

from alliance import DAYS, day_text, is_open, kind_of, owner
import model
import second
import tills

TAKEN = ("ACCEPTED", "ACCEPTED_SHORT")
UNITS = ("points_issued", "points_redeemed", "pack_uses")


def totals(world, silent):
    """Before the close: the totals that every till printed, by type and means, are those of the ledger, on every day of
    every store. `silent`: {store: its days of which headquarters knows nothing}."""
    other = {}
    for row in world.hq_json("board")["stores"]:
        states = {day["day"]: day["state"] for day in row["days"]}
        wanted = {day_text(day): "silent" if day in silent.get(row["store"], ()) else "matched" if is_open(row["store"], day)
                  else "not_open" for day in range(1, DAYS + 1)}
        other.update({(row["store"], day): state for day, state in states.items() if state != wanted[day]})
    world.equal("totals of all tills on all days", other, {})


class Reckoning:
    def __init__(self, month, cycles):
        self.month, self.world, self.books, self.cycles = month, month.world, month.books, cycles
        self.reports = [self.world.report(cycle) for cycle in cycles]

    def play(self):
        self.second = second.read(self.world.arrivals, self.world.start_ms)
        self.nets()
        self.order()
        self.receipts()
        self.recon()
        self.statements()
        self.at_the_store()
        self.members()
        self.hanging()
        self.second_reading()
        self.replay()

    # --- nobody has lost anything ---

    def nets(self):
        equal = self.world.equal
        for cycle, report in zip(self.cycles, self.reports):
            nets = {row["participant"]: row["net_fen"] for row in report["participants"]}
            equal("nets of %s sum to zero" % cycle, sum(nets.values()), 0)
            moved = collections.Counter()
            for row in report["matrix"]:
                moved[row["creditor"]] += row["amount_fen"]
                moved[row["debtor"]] -= row["amount_fen"]
            equal("nets of %s are its claims" % cycle, {p: moved[p] for p in nets}, nets)

    # --- every receipt of every till ---

    def receipts(self):
        """Each receipt on a roll is in the ledger, hangs in suspense, was settled, or was never sent; and headquarters counts of each
        store what is in the ledger, its own reversals and what a trouble says, and nothing else."""
        accepted = {line["event"] for line in self.second.out if line["outcome"] in TAKEN}
        accepted |= {key_of(store, event) for store, events, _ in self.world.arrivals for event in events
                     if event["type"] in second.UNREAD}
        beside = collections.Counter(reference.split(":")[0] for reference in self.world.beside)
        counted, found = collections.Counter(), collections.Counter()
        for report in self.reports:
            counted.update({row["store"]: row["events"] for row in report["stores"]})
        for code, shop in self.world.shops.items():
            rolls = {key_of(code, event): event for till in shop.tills for event in till.roll.values()}
            places = {"in the ledger": accepted, "in suspense": self.month.suspense, "settled": self.month.settled,
                      "never sent": self.month.unsent.get(code, ())}
            for name, references in places.items():
                there = [event for reference, event in rolls.items() if reference in references]
                found[name, "receipts"] += len(there)
                found[name, "fen"] += sum(event.get(tills.AMOUNT.get(event["type"]), 0) for event in there)
            lost = [reference for reference in rolls if sum(reference in place for place in places.values()) != 1]
            self.world.equal("receipts of %s are somewhere, once" % code, lost, [])
            self.world.equal("receipts of %s are counted" % code, counted[code] - beside[code],
                             len(set(rolls) & accepted))
        print("on the rolls: " + "; ".join("%s %d receipts, %s" % (
            name, found[name, "receipts"], tills.yuan(found[name, "fen"])) for name in places), flush=True)

    def recon(self):
        """The tills' rolls as an old system's sheet (deploy/migration.md), split into principal and bonus by the second
        reading: no difference, in any figure of any store."""
        voided = {record.event["of"] for record in self.second.records.values() if record.type == "void"}
        sheets = {cycle: collections.Counter() for cycle in self.cycles}
        for reference, record in self.second.records.items():
            cycle = self.cycles[model.day_text(record.booked) > day_text(DAYS)]
            if reference not in voided:
                for figure, value in figures(record):
                    sheets[cycle][record.store, figure] += value
        for cycle, sheet in sheets.items():
            path = self.world.path / ("sheet-" + cycle + ".csv")
            path.write_text("store,figure,amount,units\n" + "".join("%s,%s,%s,%s\n" % (
                store, figure, *(("", value) if figure in UNITS else (tills.yuan(value), "")))
                for (store, figure), value in sheet.items()))
            done = self.world.run("recon", str(path), "--cycle", cycle, "--dir", self.world.hq)
            self.world.case("recon of " + cycle, done.returncode == 0 and len(sheet) > 0, done.stdout[-1500:] + done.stderr)

    # --- what stores hand to people is what their tills say ---

    def lines(self, participant):
        """A participant's statements of all cycles, as headquarters gives them: {(direction, kind, reversal): fen},
        what is borne, and {(kind, counterparty): fen} net of what came back."""
        sums, borne, by_peer = collections.Counter(), 0, collections.Counter()
        for cycle, report in zip(self.cycles, self.reports):
            if participant not in (row["participant"] for row in report["participants"]):
                continue  # he came later
            told = json.loads(self.world.must("statement", participant, cycle, "--format", "json", "--dir", self.world.hq))
            for line in told["lines"]:
                sums[line["direction"], line["kind"], line["reversal"]] += line["amount_fen"]
                by_peer[line["kind"], line["counterparty"]] += line["amount_fen"] * (1 if line["direction"] == "in" else -1)
            borne += sum(memo["amount_fen"] for store in told["stores"] for memo in store["memo"]
                         if memo["kind"] in ("principal", "bonus"))
        return sums, borne, by_peer

    def statements(self):
        """What came in for use less what was given back, and what was passed on for what was sold."""
        for participant in sorted(set(owner(code) for code in kind_of())):
            sums, borne, by_peer = self.lines(participant)

            def used(*kinds):
                return sum(sums["in", kind, False] - sums["out", kind, True] for kind in kinds)

            def sold(kind):
                return sums["out", kind, False] - sums["in", kind, True]
            got = {"stored": used("principal", "bonus") + borne, "uses": used("pack"), "pack": sold("pack"),
                   "redeemed": used("points_redeem"), "issued": sold("points_issue"), "commission": used("commission"),
                   "cashout": used("cashout"), "short": used("shortfall"), "topup": self.remitted(participant),
                   "tender": {peer: fen for (kind, peer), fen in by_peer.items() if kind == "tender" and fen}}
            hand = {name: self.books.of(name, participant) for name in got if name not in ("topup", "tender")}
            hand["topup"] = self.books.of("topup", participant, "card")
            hand["tender"] = self.books.tenders(participant)
            self.world.equal("statement of %s is its tills' rolls" % participant, got, hand)

    def at_the_store(self):
        """A store reads the statement that headquarters gives its owner."""
        world = self.world
        for code, shop in world.shops.items():
            words = ("statement", owner(code), self.cycles[0], "--format", "json", "--dir", world.hq)
            done = world.run(*words)  # who bought a store later has none
            if shop.player is not None:
                _, told, complaint = shop.player.run("trial", "ask", shop.folder, "statement", self.cycles[0])
            else:
                asked = world.run("statement", self.cycles[0], "--json", "--dir", shop.folder)
                told, complaint = asked.stdout, asked.stderr
            world.case("%s reads its statement" % code, told and json.loads(told) == json.loads(done.stdout),
                       complaint + done.stderr)
            for cycle in (*self.cycles, "open") if shop.player is None else ():
                done = world.run("explain", owner(code), cycle, "--json", "--dir", shop.folder)
                world.case("%s adds up %s" % (code, cycle), done.returncode == 0 and json.loads(done.stdout)["adds_up"],
                           done.stdout + done.stderr)

    def remitted(self, participant):
        """Principal of the card passed on to headquarters, under the kind under which headquarters pays for use."""
        total = 0
        for report in self.reports:
            for row in report["matrix"]:
                ends = row["debtor"], row["creditor"], row["kind"], row["reversal"]
                if ends == (participant, "HQ", "principal", False):
                    total += row["amount_fen"]
                elif ends == ("HQ", participant, "principal", True):
                    total -= row["amount_fen"]
        return total

    # --- what members have ---

    def members(self):
        by_product, by_issuer = collections.Counter(), collections.Counter()
        for row in self.reports[-1]["outstanding"]:
            units = row["principal_fen"] + row["bonus_fen"] if row["product"] in ("card", "gift") else (
                row["points"] + row["uses"])
            by_product[row["product"]] += units
            by_issuer[row["product"], row["issuer"]] += units
        books = self.books
        for product in ("card", "gift", "points", "wash"):
            self.world.equal("what members have: " + product, by_product[product], books.on_cards(product))
        by_hand = collections.Counter({("card", "HQ"): books.on_cards("card"), ("wash", "HQ"): books.on_cards("wash")})
        for (product, member), fen in books.held.items():
            if product == "gift":
                by_hand[product, owner(books.gift_store[member])] += fen
        got = {key: fen for key, fen in by_issuer.items() if key[0] != "points" and fen}
        self.world.equal("what issuers owe members", got, {key: fen for key, fen in by_hand.items() if fen})

    # --- what is neither here nor there ---

    def hanging(self):
        world = self.world
        told = world.hq_json("suspense", "list")
        world.equal("what hangs in suspense", {row["event"]: (row["amount_fen"], row["reason"]) for row in told["items"]},
                    self.month.suspense)
        world.equal("nothing waits", self.reports[-1]["waiting"], [])
        pending = {}
        for shop in world.shops.values():
            if shop.player is None:
                told = json.loads(world.must("outbox", "--json", "--dir", shop.folder, codes=(0, 65, 75)))
                if told["pending"]:
                    pending[shop.code] = [row["event"] for row in told["pending"]]
        world.equal("what was never sent", pending, self.month.unsent)

    # --- the second reading ---

    def order(self):
        """What was told to the model in this order lies in the journal in this order."""
        records = self.records()
        told = [(key_of(store, event), store, event is events[0]) for store, events, _ in self.world.arrivals
                for event in events if event["terminal"] != "HQ-REVERSAL"]
        last = {key: place for place, (key, _, _) in enumerate(told)}  # a retry is the last of an event's tellings
        places = []
        for place, (key, store, first) in enumerate(told):
            if last[key] == place:
                if self.world.shops[store].player is None:
                    places.append((records.pop(key, 0), key))
                elif first:
                    explained = self.world.hq_json("explain", key)
                    places.append((explained["signed"]["record"], key))
        wrong = [(a, b) for a, b in zip(places, places[1:]) if a[0] > b[0]]
        self.world.equal("the order is the journal's, %d events" % len(places), wrong, [])
        self.world.equal("all that is in the journal was told", records, {})

    def records(self):
        """{event: journal record of its batch}, as the stores' own receipts say; not those of what was in already."""
        records = {}
        for shop in self.world.shops.values():
            for folder in shop.folders if shop.player is None else ():
                for number, terminal, record in outbox(folder):
                    key = "%s:%s:%d" % (shop.code, terminal, number)
                    records[key] = min(record, records.get(key, record))
        return records

    def second_reading(self):
        equal, reading = self.world.equal, self.second
        matrix = collections.defaultdict(lambda: (0, 0))
        for report in self.reports:
            for row in report["matrix"]:
                key = tuple(row[name] for name in ("debtor", "creditor", "kind", "reversal"))
                matrix[key] = (matrix[key][0] + row["count"], matrix[key][1] + row["amount_fen"])
        equal("model: claims", differing(dict(matrix), {**reading.matrix(), **self.month.by_hand}), {})
        memos = collections.Counter()
        for report in self.reports:
            for store in report["stores"]:
                for memo in store["memo"]:
                    memos[store["store"], memo["kind"]] += memo["amount_fen"]
        equal("model: what stores bear", differing({k: v for k, v in memos.items() if v}, reading.memos()), {})
        rows = {(row["issuer"], row["product"]): tuple(row[name] for name in (
            "lots", "principal_fen", "bonus_fen", "points", "uses")) for row in self.reports[-1]["outstanding"]}
        equal("model: what members have", differing(rows, reading.outstanding()), {})

        unread = {key_of(store, event) for store, events, _ in self.world.arrivals for event in events
                  if event["type"] in second.UNREAD}
        late = {(row["event"], row["occurred"], row["booked"]) for report in self.reports for row in report["late"]
                if row["event"] not in unread and ":HQ-REVERSAL:" not in row["event"]}
        equal("model: what came late", late, {
            (line["event"], line["occurred"], line["booked"]) for line in reading.out
            if line["outcome"] in TAKEN and line["type"] != "expiry" and line["occurred"] != line["booked"]
            and ":HQ-REVERSAL:" not in line["event"]})
        refused = sorted((row["event"], row["reason"]) for report in self.reports for row in report["refused"]
                         if row["reason"] != "SETTLED_OTHERWISE" or row["event"] not in self.month.settled)
        equal("model: what was refused", refused, sorted((line["event"], line["outcome"]) for line in reading.out
                                                         if line["outcome"] not in (*TAKEN, "WAITING")))

    # --- the auditor ---

    def replay(self):
        world = self.world
        copy, again = str(world.path / "backup"), str(world.path / "again.json")
        world.must("backup", copy, "--no-verify", "--dir", world.hq)
        verdict = world.must("replay", copy, "--network", world.network(), "--report", again)
        world.case("replay", verdict.splitlines()[-1].startswith("VERIFIED"), verdict[-500:])
        with open(again, encoding="utf-8") as file:
            world.equal("the replayed report", json.load(file), self.reports[-1])
        world.case("the auditor's state", world.digest() in verdict, verdict[-500:])


def figures(record):
    """(figure, value) of an event, as recon counts them."""
    event, kind = record.event, record.type
    if kind in ("topup", "refund", "pack_sale"):
        yield kind, event[tills.AMOUNT[kind]]
        yield "bonus", event.get("bonus_fen", 0)
    for entry in event.get("earn", ()):
        yield "points_issued", entry["points"]
    for entry in record.lines:
        means = entry["line"]["with"]
        if means == "stored_value":
            yield "spend_principal", sum(draw.principal for draw in entry["draws"])
            yield "spend_bonus", sum(draw.bonus for draw in entry["draws"])
        elif means in ("points", "pack"):
            yield {"points": "points_redeemed", "pack": "pack_uses"}[means], entry["units"]


def key_of(store, event):
    return "%s:%s:%d" % (store, event["terminal"], event["number"])


def outbox(folder):
    """(number, terminal, journal record of its batch) of all that a node has receipts for."""
    with sqlite3.connect("file:%s/outbox.db?mode=ro" % folder, uri=True) as box:
        return box.execute("SELECT number, terminal, record_index FROM event JOIN batch USING (sequence)"
                           " WHERE record_index IS NOT NULL AND outcome <> 3").fetchall()


def differing(got, wanted):
    """What only one of them has, or has otherwise: {key: (got, wanted)}."""
    return {key: (got.get(key), wanted.get(key)) for key in set(got) | set(wanted) if got.get(key) != wanted.get(key)}
