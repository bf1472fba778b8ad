#!/usr/bin/env python3
"""A second, independent reading of the rules of clearing: clears files of events as `simulate` does.

model.py ALLIANCE.json --events STORE=FILE ... [--opening LOTS.csv] [--deadline DATE] --out DIR
"""
import argparse
import json
import os
import sys

import counter
import dispute
import events
import opening as opening_lots
import undo
from earning import Earning
from lots import Claims, Commission, Lot, half_up, largest_remainder, peel_shares
from refusal import Refused, require
from terms import MILLION, Alliance, day, day_text, in_force


class Item:
    """An event on its way: who told it, and when."""

    def __init__(self, event, store, number, alliance):
        self.event = event
        self.store = store
        self.number = number
        self.ref = "%s:%s:%d" % (store, event["terminal"], number)
        self.instant = events.instant(event["at"])
        self.occurred = alliance.business_day(self.instant)
        self.content = {**event, "number": number}
        self.arrived = None

    def order(self):
        return (self.occurred, self.instant, self.store, self.event["terminal"], self.number)


class Record:
    """An accepted event and what it did."""

    def __init__(self, item, booked):
        self.item = item
        self.event = item.event
        self.type = item.event["type"]
        self.ref = item.ref
        self.store = item.store
        self.member = item.event.get("member")
        self.booked = booked
        self.claims = Claims()
        self.lots = []              # made by this event, in the order of their numbers
        self.voided = False
        self.refunds = []           # standing refunds, oldest first
        self.lines = []             # sale: pay lines with their draws
        self.discounts = []         # sale: (entry, claims by funder)
        self.fees = []              # sale: (product, amount)
        self.earned = []            # lots of points earned
        self.refunded = 0
        self.commission = None
        self.original = None        # refund or void: the record that it names
        self.undone = {}            # refund: what a void of it must put back

    def new_lot_id(self):
        return "%s/%d" % (self.ref, len(self.lots) + 1)


class Terminal:
    def __init__(self):
        self.spent = {}             # number -> content of the accepted or waiting event
        self.seen = []              # (number, booked day) of all ever spent, in time
        self.given_back = {}        # number -> the day on which it was opened again


class Clearing(Earning):
    def __init__(self, alliance):
        self.alliance = alliance
        self.members = {}           # member -> home store
        self.opened = []            # the opening's lots
        self.lots = {}              # (member, product, pack) -> lots, in queue order once sorted
        self.packs = {}             # pack -> (member, product)
        self.records = {}
        self.terminals = {}
        self.waiting = []
        self.today = None
        self.out = []
        self.seq = 0
        self.holds = {}             # reference -> open hold
        self.disputed = {}          # (reference, kind, debtor, creditor) -> [amount, out of what is paid]
        self.deadlines = []         # days at whose end what waits is asked for the last time
        self.at_deadline = False

    # The journal: numbers, order, waiting

    def clear(self, item):
        """Clears one event; the items must come in the order of rule 36."""
        self.go_to(item.occurred)
        self.today = item.arrived = item.occurred
        terminal = self.terminals.setdefault((item.store, item.event["terminal"]), Terminal())
        reason = self.number_refusal(terminal, item)
        if reason:
            self.emit(item, reason)
            return
        record, reason = self.attempt(item)
        waits = reason in events.WAITABLE and not item.event.get("ask")
        if record or waits:
            terminal.spent[item.number] = item.content
            terminal.seen.append((item.number, self.today))
        if waits:
            self.waiting.append(item)
            self.emit(item, "WAITING", reason)
            return
        self.emit(item, reason, record=record)
        if record:
            self.release(record)

    def go_to(self, on):
        while self.today is not None and self.today < on:
            if self.today in self.deadlines:
                counter.deadline(self)
            self.end_day()
            self.today += 1

    def number_refusal(self, terminal, item):
        n = item.number
        if n in terminal.spent:
            return "DUPLICATE" if terminal.spent[n] == item.content else "NUMBER_REUSED"
        opened = terminal.given_back.get(n)
        if opened is None:
            opened = next((booked for m, booked in terminal.seen if m > n), self.today)
        return "TOO_OLD" if self.today - opened > self.alliance.max_late_days else ""

    def attempt(self, item):
        try:
            record = self.accept(item)
            return record, "ACCEPTED_SHORT" if any(x["missing"] for x in record.lines) else "ACCEPTED"
        except Refused as refusal:
            return None, refusal.reason

    def release(self, record):
        """Tries what waited for the member or the event just accepted, and so on."""
        members, refs = {record.member} - {None}, {record.ref}
        i = 0
        while i < len(self.waiting):
            item = self.waiting[i]
            i += 1
            if item.event.get("member") not in members and item.event.get("of") not in refs:
                continue
            record, reason = self.attempt(item)
            if reason in events.WAITABLE:
                continue
            i -= 1
            del self.waiting[i]
            self.emit(item, reason, record=record)
            if record:
                members |= {record.member} - {None}
                refs.add(record.ref)
                i = 0
            else:
                self.open_again(item)

    def open_again(self, item):
        terminal = self.terminals[(item.store, item.event["terminal"])]
        del terminal.spent[item.number]
        terminal.given_back[item.number] = self.today

    def emit(self, item, outcome, reason="", record=None):
        claims, memos = record.claims.as_json() if record else ([], [])
        self.out.append({"event": item.ref, "type": item.event["type"], "outcome": outcome,
                         "reason": reason, "occurred": day_text(item.occurred),
                         "booked": day_text(self.today), "claims": claims, "memos": memos})

    def end_day(self):
        counter.end_day(self)
        ending = [lot for key in sorted(self.lots, key=lambda k: (int(k[0]), k[1], k[2]))
                  for lot in self.queue(key)
                  if lot.valid_to is not None and lot.valid_to <= self.today and lot.left]
        for lot in ending:
            claims, product = Claims(), lot.product
            if product.model == "PF":
                rest = sum(n for _, n in lot.main) - sum(lot.at(lot.used)[2])
                claims.add("breakage", product.fund, product.beneficiary, rest,
                           (product.id, lot.id, lot.store, ""))
            lot.ended = True
            if claims.claims:
                self.out.append({"event": lot.id.rsplit("/", 1)[0], "type": "expiry",
                                 "outcome": "ACCEPTED", "reason": "",
                                 "occurred": day_text(self.today), "booked": day_text(self.today),
                                 "claims": claims.as_json()[0], "memos": []})

    # Members, lots, funders

    def participant(self, store):
        return self.alliance.stores[store].participant

    def funder(self, who, store, member):
        if who == "$home":
            return self.participant(self.members.get(member, store))
        return self.participant(store) if who.startswith("$") else who

    def shares(self, funders, store, member):
        """Funders by participant; one named twice counts once, at its first place."""
        out = {}
        for who, share in funders:
            who = self.funder(who, store, member)
            out[who] = out.get(who, 0) + share
        return list(out.items())

    def queue(self, key):
        lots = self.lots.get(key, [])
        if lots and lots[0].product.kind != "stored_value":
            lots.sort(key=lambda l: (l.valid_to is None, l.valid_to, l.seq)
                      if l.valid_to is not None else (True, 0, l.seq))
        return lots

    def usable(self, key, store):
        """(lots that count at this store, units in the lots of every store)"""
        lots = [l for l in self.queue(key) if l.left and (l.valid_to is None or l.valid_to >= self.today)]
        here = [l for l in lots if l.product.model != "F4" or l.store == store]
        return here, lots

    def add_lot(self, record, lot, at_head=None):
        record.lots.append(lot)
        return self.put_lot(lot, at_head)

    def put_lot(self, lot, at_head=None):
        self.seq += 1
        lot.seq = self.seq
        queue = self.lots.setdefault((lot.member, lot.product.id, lot.pack), [])
        queue.insert(len(queue) if at_head is None else at_head, lot)
        return lot

    def remove_lot(self, lot):
        self.lots[(lot.member, lot.product.id, lot.pack)].remove(lot)

    # Checks shared by several types of events

    def accept(self, item):
        e = item.event
        require(self.alliance.stores[item.store].open_on(item.occurred), "STORE_CLOSED")
        require(not events.bad_amount(e), "BAD_AMOUNT")
        record = Record(item, self.today)
        getattr(self, {"release": "release_hold"}.get(e["type"], e["type"]))(record, e)
        self.records[record.ref] = record
        if record.original:
            dispute.follow(self, record)
        if record.member and record.type not in ("refund", "void", "release", "dispute"):
            self.members.setdefault(record.member, record.store)
        return record

    def find_product(self, ident, kind):
        product = self.alliance.product(ident, kind)
        require(product, "UNKNOWN_PRODUCT")
        return product

    def check_earn_known(self, e):
        for entry in e.get("earn", []):
            self.find_product(entry["product"], "points")

    def check_campaigns_known(self, e):
        for entry in e.get("earn", []):
            require(entry.get("campaign") is None or entry["campaign"] in self.alliance.campaigns,
                    "UNKNOWN_CAMPAIGN")

    def check_earn_in_force(self, e, on):
        for entry in e.get("earn", []):
            require(self.alliance.products[entry["product"]].in_force(on), "NOT_IN_FORCE")
            if "campaign" in entry:
                require(in_force(self.alliance.campaigns[entry["campaign"]], on), "NOT_IN_FORCE")

    @staticmethod
    def check_paid(lines, price):
        require(all(l["with"] in events.TENDERS for l in lines)
                and (not lines or sum(l["amount_fen"] for l in lines) == price), "UNBALANCED")

    # Types of events

    def enrol(self, record, e):
        pass

    def topup(self, record, e):
        product = self.find_product(e["product"], "stored_value")
        self.check_earn_known(e)
        offer = self.alliance.offers.get(e.get("offer"))
        require("offer" not in e or offer and offer.product == product.id, "UNKNOWN_OFFER")
        self.check_campaigns_known(e)
        on = record.item.occurred
        require(product.in_force(on) and (not offer or in_force(offer.entry, on)), "NOT_IN_FORCE")
        self.check_earn_in_force(e, on)
        principal, bonus = e["principal_fen"], e.get("bonus_fen", 0)
        self.check_paid(e.get("pay", []), principal)
        self.check_earn(record, e, principal)
        require(bonus == (offer.bonus(principal) if offer else 0), "BONUS_MISMATCH")

        seller = self.participant(record.store)
        side = self.shares(offer.funders, record.store, record.member) if offer else []
        lot = Lot(record.new_lot_id(), record.member, product, record.store, principal + bonus, principal,
                  [(product.holder(seller), principal * product.principal_rate // MILLION)],
                  peel_shares(bonus * product.bonus_rate // MILLION, side))
        self.add_lot(record, lot)
        self.remit(record, lot, "principal", offer.commission if offer else product.commission)
        self.earn(record, e, principal)

    def remit(self, record, lot, kind, commission):
        """Headquarters gets what the store took, and gives commission on it; other models do nothing."""
        if lot.product.model != "F1":
            return
        seller, hq = self.participant(record.store), self.alliance.hq
        part = (lot.product.id, lot.id, lot.store, "")
        record.claims.add(kind, seller, hq, lot.principal, part)
        amount = half_up(lot.principal * commission, MILLION)
        record.claims.add("commission", hq, seller, amount, part)
        lot.top_up = record.commission = Commission(lot.id, record.store, lot.product, amount, lot.principal)

    def pack_sale(self, record, e):
        product = self.find_product(e["product"], "pack")
        require(product.in_force(record.item.occurred), "NOT_IN_FORCE")
        self.check_paid(e.get("pay", []), e["price_fen"])
        require(e["pack"] not in self.packs, "PACK_EXISTS")
        self.packs[e["pack"]] = (record.member, product)
        price, seller = e["price_fen"], self.participant(record.store)
        lot = Lot(record.new_lot_id(), record.member, product, record.store, e["uses"], price,
                  [(product.holder(seller), price * product.principal_rate // MILLION)], [], pack=e["pack"])
        self.add_lot(record, lot)
        self.remit(record, lot, "pack", product.commission)

    def points_grant(self, record, e):
        product = self.find_product(e["product"], "points")
        self.check_payable(product, e["points"])
        campaign = self.alliance.campaigns.get(e.get("campaign"))
        require("campaign" not in e or campaign, "UNKNOWN_CAMPAIGN")
        on = record.item.occurred
        require(product.in_force(on) and (not campaign or in_force(campaign, on)), "NOT_IN_FORCE")
        self.grant(record, product, [((campaign or {}).get("funder", "$store"), e["points"])])

    def cashout(self, record, e):
        product = self.find_product(e["product"], "stored_value")
        require(record.member in self.members, "UNKNOWN_MEMBER")
        here, everywhere = self.usable((record.member, product.id, ""), record.store)
        left, all_left = (sum(l.principal_left() for l in x) for x in (here, everywhere))
        require(e["amount_fen"] >= left, "UNBALANCED")
        require(e["amount_fen"] == left or all_left < e["amount_fen"], "NOT_ACCEPTED_HERE")
        require(e["amount_fen"] == left and not counter.held(self, record.member, product, record.store), "INSUFFICIENT_FUNDS")
        self.pay_out(record, here)

    def pay_out(self, record, lots):
        """The holders of the principal pay the store that hands it back; the lots end."""
        paying, hq, ended, returned = self.participant(record.store), self.alliance.hq, [], []
        for lot in lots:
            amount = lot.principal_left()
            holder = lot.product.holder(self.participant(lot.store))
            record.claims.add("cashout", holder, paying, amount, (lot.product.id, lot.id, lot.store, record.store))
            if lot.top_up:
                back = lot.top_up.give_back(amount)
                returned.append((lot.top_up, amount, back))
                record.claims.add("commission", self.participant(lot.top_up.store), hq, back,
                                  (lot.product.id, lot.top_up.lot_id, lot.top_up.store, ""), True)
            lot.ended = True
            ended.append(lot)
        record.undone = {"ended": ended, "commission": returned}

    def sale(self, record, e):
        pay, discounts = e["pay"], e.get("discounts", [])
        store, on = record.store, record.item.occurred
        products = [self.find_product(l["product"], l["with"]) if l["with"] in ("stored_value", "points") else None
                    for l in pay]
        self.check_earn_known(e)
        require(all(d["rule"] in self.alliance.discounts for d in discounts), "UNKNOWN_RULE")
        self.check_campaigns_known(e)
        spends = any(l["with"] not in events.TENDERS for l in pay)
        require(record.member is None or record.member in self.members or not spends and "earn" in e,
                "UNKNOWN_MEMBER")
        of = self.records.get(e.get("of"))
        require(e["type"] == "sale" or of, "UNKNOWN_ORIGINAL")
        for i, l in enumerate(pay):
            if l["with"] == "pack":
                require(self.packs.get(l["pack"], (None,))[0] == record.member, "UNKNOWN_PACK")
                products[i] = self.packs[l["pack"]][1]
        require(all(in_force(self.alliance.discounts[d["rule"]][0], on) for d in discounts), "NOT_IN_FORCE")
        self.check_earn_in_force(e, on)
        require(not of or (of.type, of.member) == ("hold", record.member), "UNBALANCED")
        money = sum(l.get("amount_fen", 0) for l in pay)
        require(e["gross_fen"] == money + sum(d["amount_fen"] for d in discounts), "UNBALANCED")
        named = [(l["with"], l.get("pack") or l["product"]) for l in pay if l["with"] not in events.TENDERS]
        require(len(set(named)) == len(named), "UNBALANCED")
        base = sum(l["amount_fen"] for l in pay if l["with"] == "stored_value" or l["with"] in events.TENDERS)
        self.check_earn(record, e, base)
        require(not of or of.store == store, "NOT_ACCEPTED_HERE")
        lacking, missing = set(), {}
        for i, (l, product) in enumerate(zip(pay, products)):
            if product:
                key = (record.member, product.id, l.get("pack", ""))
                units = l[{"stored_value": "amount_fen", "points": "points", "pack": "uses"}[l["with"]]]
                here, everywhere = (sum(x.left for x in lots) for lots in self.usable(key, store))
                if l["with"] == "stored_value":
                    here, everywhere = counter.free(self, record.member, product, store, e.get("of"))
                if here < units:
                    require(everywhere < units, "NOT_ACCEPTED_HERE")
                    missing[i] = counter.missing_of(self, product, l, units - here)
                    lacking |= set() if missing[i] else {l["with"]}
        for means, reason in (("stored_value", "INSUFFICIENT_FUNDS"), ("points", "INSUFFICIENT_POINTS"),
                              ("pack", "INSUFFICIENT_USES")):
            require(means not in lacking, reason)

        for i, (l, product) in enumerate(zip(pay, products)):
            self.use(record, l, product, missing.get(i, 0))
        self.holds.pop(e.get("of"), None)
        self.discount(record, discounts)
        self.charge_fees(record)
        self.earn(record, e, base)

    capture = sale

    def hold(self, record, e):
        counter.hold(self, record, e, require)

    def release_hold(self, record, e):
        counter.release(self, record, e, require)

    def dispute(self, record, e):
        dispute.dispute(self, record, e, require)

    def use(self, record, line, product, missing=0):
        units = line[{"points": "points", "pack": "uses"}.get(line["with"], "amount_fen")]
        entry = {"line": line, "product": product, "units": units, "back": 0, "draws": [],
                 "missing": missing, "missing_back": 0}
        record.lines.append(entry)
        if not product:
            return
        units -= missing
        for lot in self.usable((record.member, product.id, line.get("pack", "")), record.store)[0]:
            if units:
                draw = lot.draw(min(units, lot.left))
                units -= draw.units
                entry["draws"].append(draw)
                self.post_draw(record.claims, draw, record.store, line)
        if product.kind == "points":
            record.claims.memo(record.store, "points_redeem", line["amount_fen"])
        if missing:
            entry["bearer"] = counter.bearer(self, record, product)
            counter.post_missing(self, record.claims, record.store, entry, missing)

    def post_draw(self, claims, draw, used, line, reversal=False):
        """The claims of one draw, or those that it gives back, with the memos beside them."""
        lot, store = draw.lot, self.participant(used)
        part = (lot.product.id, lot.id, lot.store, used)
        kind = {"stored_value": "principal", "points": "points_redeem", "pack": "pack"}[line["with"]]
        sign = -1 if reversal else 1
        for name, debtors, rest in ((kind, draw.main, draw.principal), ("bonus", draw.side, draw.bonus)):
            owed = sum(claims.add(name, *((store, d) if reversal else (d, store)), n, part, reversal)
                       for d, n in debtors)
            if name != "pack" and not (name == "bonus" and kind != "principal"):
                claims.memo(used, name, sign * ((0 if kind == "points_redeem" else rest) - owed))

    def discount(self, record, discounts):
        store = self.participant(record.store)
        for d in discounts:
            shares = self.shares(self.alliance.discounts[d["rule"]][1], record.store, record.member)
            parts = [(who, n) for who, n in largest_remainder(d["amount_fen"], shares) if who != store]
            for who, n in parts:
                record.claims.add("discount", who, store, n, (d["rule"], "", "", record.store))
            record.claims.memo(record.store, "discount", d["amount_fen"] - sum(n for _, n in parts))
            record.discounts.append((d, parts))

    def charge_fees(self, record):
        own, bases = self.participant(record.store), {}
        for entry in record.lines:
            product = entry["product"]
            if product and product.kind != "points":
                bases.setdefault(product.id, 0)
                bases[product.id] += sum(d.settled() for d in entry["draws"]
                                         if self.participant(d.lot.store) != own)
        for ident, base in bases.items():
            product = self.alliance.products[ident]
            amount = half_up(base * product.fee, MILLION)
            record.claims.add("fee", own, product.fee_payee, amount, (ident, "", "", record.store))
            record.fees.append((product, amount))

    def refund(self, record, e):
        undo.refund(self, record, e, require)

    def void(self, record, e):
        undo.void(self, record, e, require)

    def end_lots(self):
        out = []
        for key in sorted(self.lots, key=lambda k: (int(k[0]), k[1], k[2])):
            for lot in self.queue(key):
                if not lot.left:
                    continue
                _, bonus_used, main, side = lot.at(lot.used)
                kind = {"stored_value": "principal", "points": "points_redeem", "pack": "pack"}[lot.product.kind]
                owed = [{"debtor": d, "kind": kind, "amount_fen": n - u} for (d, n), u in zip(lot.main, main)]
                owed += [{"debtor": d, "kind": "bonus", "amount_fen": n - u} for (d, n), u in zip(lot.side, side)]
                bonus = lot.left - lot.principal_left() if lot.product.kind == "stored_value" else 0
                out.append({"member": lot.member, "product": lot.product.id, "pack": lot.pack, "lot": lot.id,
                            "store": lot.store, "units": lot.left, "principal_fen": lot.principal_left(),
                            "bonus_fen": bonus, "owed": [o for o in owed if o["amount_fen"]],
                            "valid_to": "" if lot.valid_to is None else day_text(lot.valid_to)})
        return out


def number_items(lines, alliance, items=None, highest=None):
    """Items of (store, event) pairs; an event without a number gets its terminal's next."""
    highest = {} if highest is None else highest
    items = [] if items is None else items
    for store, event in lines:
        key = (store, event["terminal"])
        number = event.get("number") or highest.get(key, 0) + 1
        highest[key] = max(highest.get(key, 0), number)
        items.append(Item(event, store, number, alliance))
    return items


def read_files(files, complain):
    lines = []
    for store, path in files:
        with open(path, encoding="utf-8") as f:
            for n, line in enumerate(f.read().split("\n"), 1):
                if line.strip():
                    try:
                        lines.append((store, events.read(line)))
                    except events.BadLine as why:
                        complain("%s:%d: BAD_LINE: %s" % (path, n, why))
    return lines


def simulate(alliance, lines, opening=(), deadlines=()):
    clearing = Clearing(alliance)
    clearing.deadlines = sorted(set(deadlines))
    items = sorted(number_items(lines, alliance), key=Item.order)
    clearing.opening_refused = not opening_lots.make(clearing, opening, items[0].occurred if items else 0)
    for item in items:
        clearing.clear(item)
    for on in clearing.deadlines:
        if clearing.today is not None and on >= clearing.today:
            clearing.go_to(on)
            counter.deadline(clearing)
    return clearing


def dump(objects):
    return "".join(json.dumps(o, ensure_ascii=False, separators=(",", ":")) + "\n" for o in objects)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("alliance")
    parser.add_argument("--events", action="append", default=[], metavar="STORE=FILE")
    parser.add_argument("--opening", metavar="LOTS.csv")
    parser.add_argument("--deadline", action="append", default=[], metavar="DATE")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    with open(args.alliance, encoding="utf-8") as f:
        alliance = Alliance(json.load(f))
    bad = []
    lines = read_files([x.split("=", 1) for x in args.events], bad.append)
    for complaint in bad:
        print(complaint, file=sys.stderr)
    clearing = simulate(alliance, lines, opening_lots.read(args.opening) if args.opening else (),
                        [day(text) for text in args.deadline])
    os.makedirs(args.out, exist_ok=True)
    for name, objects in (("cleared.jsonl", clearing.out), ("lots.jsonl", clearing.end_lots())):
        with open(os.path.join(args.out, name), "w", encoding="utf-8") as f:
            f.write(dump(objects))
    return 65 if bad or clearing.opening_refused else 0


if __name__ == "__main__":
    sys.exit(main())
