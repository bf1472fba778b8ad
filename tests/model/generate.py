#!/usr/bin/env python3
"""Seeded histories: an alliance and what its stores tell, mostly valid, the rest refused by every name.

generate.py --seed N --out DIR        writes one history
generate.py --coverage N [--from S]   counts outcomes and claims over N seeds
"""
import argparse
import collections
import copy
import datetime
import json
import os
import random

import events
import invent
import model
import opening
import undo
from counter_events import CounterEvents
from dispute import DisputeEvents
from invent import some
from terms import Alliance

UNITS = {"stored_value": "amount_fen", "points": "points", "pack": "uses"}


class History(CounterEvents, DisputeEvents):
    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        self.seed = seed
        self.data = invent.Inventor(rng).alliance()
        self.alliance = Alliance(self.data)
        self.live = model.Clearing(self.alliance)
        self.stores = list(self.alliance.stores)
        self.lines = []                 # (store, text) in the order of the files
        self.highest, self.gaps, self.deferred = {}, [], []
        self.members = rng.sample(("62", "7", "9", "100", "6200000017", "123456789012345678", "88", "610"),
                                  rng.randint(3, 8))
        self.numbers_all = not some(rng, 0.3)
        self.spoil_rate = rng.choice((0, 0.1, 0.2, 0.3))
        self.tiny = some(rng, 0.35)
        self.pack_ids = 0
        self.by_kind = {k: [p for p in self.alliance.products.values() if p.kind == k]
                        for k in ("stored_value", "pack", "points")}
        self.opening = opening.invent(random.Random("opening %d" % seed), self)
        opening.make(self.live, self.opening, invent.START.toordinal())
        self.write(rng.randint(5, 120), self.days_of(rng))

    def write(self, count, days):
        rng = self.rng
        first = invent.START.toordinal()
        span = sorted(rng.choices(range(days), k=count))
        head = self.alliance
        for d in sorted(set(span)):
            offsets = sorted(rng.choice((0, 86399999)) if some(rng, 0.02) else rng.randrange(86400) * 1000
                             + (rng.randrange(1000) if some(rng, 0.1) else 0) for _ in range(span.count(d)))
            for offset in offsets:
                self.instant = (first + d - 1) * 86400000 + offset + head.day_start - head.zone
                self.today = first + d
                self.one()
        if self.numbers_all and some(rng, 0.3):
            rng.shuffle(self.lines)

    # One slot of time

    def one(self):
        rng = self.rng
        self.store = rng.choice(self.stores)
        if self.deferred and some(rng, 0.35):
            self.store, event = self.deferred.pop(0)
            self.put({**event, "at": self.at()}, numbered=True)
            return
        if some(rng, 0.015) and self.lines:
            self.resend()
            return
        if some(rng, 0.01):
            self.lines.append((self.store, rng.choice(BAD_LINES)))
            return
        name = rng.choices(("topup", "sale", "refund", "void", "pack_sale", "cashout", "points_grant", "enrol",
                            "unlinked", "ahead", "hold", "capture", "release", "dispute"), (16, 40, 17, 8, 9, 3, 6, 3, 4, 5, 8, 7, 2, 6))[0]
        event = getattr(self, "make_" + name)() or self.make_topup()
        event = self.spoil(event) if some(rng, self.spoil_rate) else event
        if some(rng, 0.12):
            event["ask"] = True
        self.put(event)

    def put(self, event, numbered=False):
        rng = self.rng
        event.setdefault("terminal", "1" if some(rng, 0.8) else rng.choice(("2", "T-9")))
        key = (self.store, event["terminal"])
        if not numbered:
            gaps = [g for g in self.gaps if g[0] == key]
            if gaps and some(rng, 0.25):
                self.gaps.remove(gaps[0])
                event["number"] = gaps[0][1]
            elif not self.numbers_all and some(rng, 0.2):
                event["receipt"] = "r%d" % len(self.lines)
            elif some(rng, 0.03) and self.highest.get(key):
                event["number"] = rng.randint(1, self.highest[key])
            else:
                event["number"] = self.highest.get(key, 0) + 1
                if some(rng, 0.06):
                    skip = rng.randint(1, 3)
                    self.gaps += [(key, event["number"] + i) for i in range(skip)]
                    event["number"] += skip
        event.setdefault("at", self.at())
        number = event.get("number") or self.highest.get(key, 0) + 1
        self.highest[key] = max(self.highest.get(key, 0), number)
        if some(rng, 0.2):
            event[rng.choice(("operator", "channel"))] = "pos"
        order = ["type", "terminal", "number", "at", "member"]
        text = json.dumps({k: event[k] for k in order if k in event} | event, ensure_ascii=False,
                          separators=(",", ":"))
        self.lines.append((self.store, text))
        try:
            self.live.clear(model.Item(events.read(text), self.store, number, self.alliance))
        except events.BadLine as why:
            raise AssertionError("seed %s wrote a bad line: %s: %s" % (self.seed, why, text)) from None

    def at(self):
        rng = self.rng
        zone = rng.choice((480, 480, 480, 540, 0, -300))
        moment = datetime.datetime(1, 1, 1) + datetime.timedelta(milliseconds=self.instant + zone * 60000)
        text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
        if not zone and some(rng, 0.5):
            return text + "Z"
        return text + "%s%02d:%02d" % (("-" if zone < 0 else "+",) + divmod(abs(zone), 60))

    def resend(self):
        spent = list(self.live.records.values())
        if spent:
            record = self.rng.choice(spent[-20:])
            if "number" in record.event:
                self.lines.append((record.store, json.dumps(record.event, ensure_ascii=False)))

    # Figures

    def amount(self):
        rng = self.rng
        kind = rng.random()
        if self.tiny or kind < 0.25:
            return rng.randint(1, 20)
        if kind < 0.5:
            return rng.randint(1, 3000)
        return rng.choice((50000, 100 * rng.randint(1, 900), rng.randint(1000, 90000), 10 ** 9 + 7)
                          if some(rng, 0.03) else (50000, 100 * rng.randint(1, 900), rng.randint(1000, 90000)))

    def cut(self, whole):
        """Something to take of `whole`: often all of it, rarely more."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.25:
            return whole
        if kind < 0.33:
            return whole + self.amount()
        if kind < 0.45:
            return min(whole, rng.randint(1, 3))
        return rng.randint(1, max(1, whole))

    def member(self):
        known = [m for m in self.members if m in self.live.members]
        return self.rng.choice(known if known and some(self.rng, 0.85) else self.members)

    def tenders(self, amount):
        rng = self.rng
        out = []
        while amount and len(out) < 3:
            n = amount if some(rng, 0.6) or len(out) == 2 else rng.randint(1, amount)
            out.append({"with": rng.choice(events.TENDERS), "amount_fen": n})
            if some(rng, 0.1):
                out[-1]["scheme"] = "visa"
            amount -= n
        return out

    def record(self, event):
        item = model.Item({"at": self.at(), "terminal": "1", **event}, self.store, 1, self.alliance)
        return model.Record(item, self.today)

    def add_earn(self, event, base):
        rng = self.rng
        entries = []
        for product in self.by_kind["points"]:
            if some(rng, 0.6) and (product.in_force(self.today) or some(rng, 0.1)):
                entry = {"product": product.id}
                if some(rng, 0.3):
                    entry["campaign"] = rng.choice(list(self.alliance.campaigns))
                points = sum(n for _, n in self.live.earn_figures(self.record(event), entry, base))
                if points:
                    entries.insert(rng.randint(0, len(entries)), {**entry, "points": points})
        if entries:
            event["earn"] = entries

    def usable(self, member, product, pack=""):
        here, everywhere = self.live.usable((member, product.id, pack), self.store)
        return sum(l.left for l in (everywhere if some(self.rng, 0.1) else here))

    # Valid events

    def make_topup(self):
        rng = self.rng
        product = rng.choice(self.by_kind["stored_value"])
        event = {"type": "topup", "member": rng.choice(self.members), "product": product.id}
        offers = [o for o in self.alliance.offers.values() if o.product == product.id]
        principal = self.amount()
        if offers and some(rng, 0.75):
            offer = rng.choice(offers)
            event["offer"] = offer.id
            if some(rng, 0.7):
                principal = rng.choice(offer.tiers)[0] * rng.choice((1, 1, 2, 3)) + rng.choice((0, 0, 1, 7))
            bonus = offer.bonus(principal)
            if bonus or some(rng, 0.3):
                event["bonus_fen"] = bonus
        event["principal_fen"] = principal
        if some(rng, 0.4):
            event["pay"] = self.tenders(principal)
        if some(rng, 0.2):
            event["card_kind"] = rng.choice(("named", "anonymous"))
        if some(rng, 0.3):
            self.add_earn(event, principal)
        return event

    def make_pack_sale(self):
        rng = self.rng
        if not self.by_kind["pack"]:
            return None
        self.pack_ids += 1
        event = {"type": "pack_sale", "member": rng.choice(self.members), "product": rng.choice(self.by_kind["pack"]).id,
                 "pack": "%s%d" % (rng.choice("wWz"), self.pack_ids), "uses": rng.choice((1, 3, 5, 10, 10)),
                 "price_fen": rng.choice((9999, 29900, self.amount()))}
        if some(rng, 0.3):
            event["pay"] = self.tenders(event["price_fen"])
        return event

    def make_enrol(self):
        event = {"type": "enrol", "member": self.rng.choice(self.members)}
        if some(self.rng, 0.3):
            event["referrer"] = self.rng.choice(self.members)
        return event

    def make_points_grant(self):
        rng = self.rng
        if not self.by_kind["points"]:
            return None
        event = {"type": "points_grant", "member": rng.choice(self.members), "points": rng.choice((1, 3, 50, self.amount())),
                 "product": rng.choice(self.by_kind["points"]).id, "reason": rng.choice(("birthday", "新会员"))}
        if some(rng, 0.5):
            event["campaign"] = rng.choice(list(self.alliance.campaigns))
        return event

    def make_cashout(self):
        rng, member = self.rng, self.member()
        product = rng.choice(self.by_kind["stored_value"])
        here, everywhere = self.live.usable((member, product.id, ""), self.store)
        left = sum(l.principal_left() for l in (everywhere if some(rng, 0.15) else here))
        if not left:
            return None
        return {"type": "cashout", "member": member, "product": product.id,
                "amount_fen": left if some(rng, 0.85) else self.cut(left + 5)}

    def make_sale(self):
        rng = self.rng
        event = {"type": "sale", "gross_fen": 0, "pay": []}
        pay = event["pay"]
        if some(rng, 0.9):
            event["member"] = member = self.member()
            for product in rng.sample(self.by_kind["stored_value"], len(self.by_kind["stored_value"])):
                have = self.usable(member, product)
                if have and some(rng, 0.7) or some(rng, 0.06):
                    pay.append({"with": "stored_value", "product": product.id, "amount_fen": self.cut(have)})
            for product in self.by_kind["points"]:
                have = self.usable(member, product)
                if have and some(rng, 0.45) or some(rng, 0.03):
                    points = self.cut(have)
                    pay.append({"with": "points", "product": product.id, "points": points,
                                "amount_fen": rng.choice((points, max(1, points // 2), self.amount()))})
            packs = [(p, v) for p, v in self.live.packs.items() if v[0] == member]
            for pack, (_, product) in rng.sample(packs, min(len(packs), 3)):
                have = self.usable(member, product, pack)
                if have and some(rng, 0.5) or some(rng, 0.02):
                    pay.append({"with": "pack", "pack": pack, "uses": min(self.cut(have), have + 2)})
        only_packs = pay and all(l["with"] == "pack" for l in pay) and some(rng, 0.6)
        if not pay or not only_packs and some(rng, 0.4):
            pay += self.tenders(self.amount())
        rng.shuffle(pay)
        if self.alliance.discounts and not only_packs and some(rng, 0.45):
            ids = list(self.alliance.discounts)
            event["discounts"] = [{"rule": rng.choice(ids), "amount_fen": self.amount()} for _ in range(rng.choice((1, 1, 2)))]
        event["gross_fen"] = sum(l.get("amount_fen", 0) for l in pay + event.get("discounts", []))
        if "member" in event and some(rng, 0.7):
            self.add_earn(event, sum(l["amount_fen"] for l in pay if l["with"] == "stored_value" or l["with"] in events.TENDERS))
        if event["gross_fen"] and some(rng, 0.05):
            event["lines"] = [{"category": "food", "amount_fen": event["gross_fen"]}]
        return event

    def originals(self, *types):
        records = [r for r in self.live.records.values() if not types or r.type in types]
        disputed = [r for r in records if r.ref in {key[0] for key in self.live.disputed}] if some(self.rng, 0.2) else []
        return disputed or (records[-12:] if some(self.rng, 0.7) else records)

    def make_refund(self):
        rng = self.rng
        waiting = [w for w in self.live.waiting if w.event["type"] in ("sale", "topup")]
        if waiting and some(rng, 0.15):
            item = rng.choice(waiting)
            whole = item.event.get("gross_fen") or item.event.get("principal_fen") or 1
            return {"type": "refund", "of": item.ref, "amount_fen": min(whole, self.cut(whole))}
        purchase = some(rng, 0.2)
        found = self.originals(*(("topup", "pack_sale") if purchase else ("sale",)) if some(rng, 0.96) else ())
        if not found:
            return None
        standing = [r for r in found if r.type != "sale" or r.refunded < r.event["gross_fen"] or not r.refunds]
        original = rng.choice(standing if standing and some(rng, 0.85) else found)
        if original.refunds and some(rng, 0.3) and original.type == "sale":
            self.store = rng.choice(self.stores)
        elif some(rng, 0.45):
            self.store = original.store
        event = {"type": "refund", "of": original.ref}
        if original.member and some(rng, 0.6):
            event["member"] = original.member
        if original.type == "sale":
            gross = original.event["gross_fen"]
            left = gross - original.refunded
            event["amount_fen"] = self.cut(left) if left else rng.choice((0, 0, 0, 1)) if not gross else 1
            possible = not original.voided and event["amount_fen"] <= left and not (not gross and original.refunds)
            if possible and (event["amount_fen"] or not gross) and some(rng, 0.5):
                back = undo.back_of(original, undo.shares_of_refund(original, event["amount_fen"]))
                rng.shuffle(back)
                if back:
                    event["back"] = back
            return event
        if original.type in ("topup", "pack_sale"):
            lots = original.lots[:1]
            if original.type == "pack_sale":
                lots = self.live.queue((original.member, lots[0].product.id, lots[0].pack)) or lots
            left = sum(l.principal_left() for l in lots)
            event["amount_fen"] = left if left and some(rng, 0.85) else self.cut(left + 2)
            if some(rng, 0.3):
                event["back"] = self.tenders(event["amount_fen"])
            return event
        return {**event, "amount_fen": self.amount()}

    def make_unlinked(self):
        rng = self.rng
        products = [p for p in self.by_kind["stored_value"] if p.unlinked_refund or some(rng, 0.2)]
        if not products:
            return None
        n = self.amount()
        return {"type": "refund", "member": self.member(), "amount_fen": n,
                "back": [{"with": "stored_value", "product": rng.choice(products).id, "amount_fen": n}]}

    def make_void(self):
        rng = self.rng
        found = [r for r in self.originals() if r.item.occurred == self.today]
        if not found or some(rng, 0.08):
            found = self.originals()
        if not found:
            return None
        latest = [r for r in found if not r.refunds and not r.voided]
        refunds = [r for r in latest if r.type == "refund"] if some(rng, 0.4) else []
        original = rng.choice(refunds or (latest if latest and some(rng, 0.8) else found))
        if some(rng, 0.92):
            self.store = original.store
        return {"type": "void", "of": original.ref}

    def make_ahead(self):
        """A refund or void told before its original, which follows later under a number kept for it."""
        rng = self.rng
        n, place, terminal = self.amount(), self.store, "9"
        member = rng.choice(self.members)
        number = self.highest[(place, terminal)] = self.highest.get((place, terminal), 0) + 1
        kind = rng.random()
        if kind < 0.2:
            original = {"type": "topup", "member": member, "product": rng.choice(self.by_kind["stored_value"]).id,
                        "principal_fen": n}
        else:
            original = {"type": "sale", "gross_fen": n, "pay": self.tenders(n)}
            if kind < 0.6:
                card = rng.choice(self.by_kind["stored_value"]).id
                original.update(member=member, pay=[{"with": "stored_value", "product": card, "amount_fen": n}])
        self.deferred.append((place, {**original, "terminal": terminal, "number": number}))
        of = "%s:%s:%d" % (place, terminal, number)
        if some(rng, 0.3):
            return {"type": "void", "of": of}
        if some(rng, 0.5):
            self.store = rng.choice(self.stores)
        return {"type": "refund", "of": of, "amount_fen": n if kind < 0.2 or some(rng, 0.3) else self.cut(n)}

    # Invalid events

    def spoil(self, valid):
        for _ in range(8):
            event = copy.deepcopy(valid)
            if getattr(self, "spoil_" + self.rng.choice(SPOILERS))(event, event["type"]):
                return event
        return valid

    def spoil_amount(self, e, t):
        bad = self.rng.choice((0, -5, 10 ** 12 + 1))
        spots = [(e, k) for k in ("gross_fen", "principal_fen", "bonus_fen", "price_fen", "uses", "amount_fen", "points") if k in e]
        spots += [(l, k) for n in ("pay", "discounts", "earn", "back") for l in e.get(n, [])
                  for k in ("amount_fen", "points", "uses") if k in l]
        spot, key = self.rng.choice(spots or [(None, None)])
        if spot is not None:
            spot[key] = bad
        return spot is not None

    def spoil_name(self, e, t):
        spots = [(e, k) for k in ("product", "offer", "campaign", "of") if k in e]
        spots += [(l, k) for n in ("pay", "discounts", "earn") for l in e.get(n, [])
                  for k in ("product", "rule", "campaign", "pack") if k in l]
        if t == "refund" and "of" not in e:
            spots += [(l, "product") for l in e["back"] if "product" in l]
        if not spots:
            return False
        spot, key = self.rng.choice(spots)
        others = list(self.alliance.products) if key == "product" else list(self.alliance.offers) if key == "offer" else []
        spot[key] = "A:1:777" if key == "of" else self.rng.choice(["nope"] + others)
        if some(self.rng, 0.5) and key in ("of", "pack"):
            e["ask"] = True
        return True

    def spoil_unknown_pack(self, e, t):
        line = next((l for l in e.get("pay", []) if l["with"] == "pack"), None)
        if t != "sale" or not line:
            return False
        others = [p for p, (member, _) in self.live.packs.items() if member != e.get("member")]
        line["pack"] = self.rng.choice(["nope"] + others)
        e["ask"] = some(self.rng, 0.7)
        return True

    def spoil_member(self, e, t):
        if t == "sale" and "member" in e and not any(l["with"] in UNITS for l in e["pay"]) and some(self.rng, 0.5):
            del e["member"]
        elif "member" in e and "of" not in e:
            e["member"] = self.rng.choice(["999"] + self.members)
            e["ask"] = some(self.rng, 0.5)
        else:
            return False
        return True

    def spoil_balance(self, e, t):
        rng = self.rng
        if t == "sale" and some(rng, 0.3) and any(l["with"] in UNITS for l in e["pay"]):
            line = rng.choice([l for l in e["pay"] if l["with"] in UNITS])
            e["pay"].append(dict(line))
            e["gross_fen"] += line.get("amount_fen", 0)
        elif t == "sale":
            e["gross_fen"] += rng.choice((1, -1, 100))
        elif t in ("topup", "pack_sale") and e.get("pay"):
            e["pay"][0]["amount_fen"] += 1
        elif t == "refund" and e.get("back"):
            if some(rng, 0.3):
                e["back"].append({"with": "cash", "amount_fen": 1})
            else:
                line = rng.choice(e["back"])
                line[rng.choice([k for k in ("points", "uses", "amount_fen") if k in line])] += 1
        elif t == "cashout" and e["amount_fen"] > 1:
            e["amount_fen"] -= 1
        else:
            return False
        return True

    def spoil_figure(self, e, t):
        if e.get("earn"):
            entry = self.rng.choice(e["earn"])
            if some(self.rng, 0.2):
                e["earn"].append(dict(entry))
            else:
                entry["points"] += self.rng.choice((1, 1, -1, 50)) or 1
            return entry["points"] > 0
        if t == "topup":
            e["bonus_fen"] = e.get("bonus_fen", 0) + 1
            return True
        return False

    def spoil_offer(self, e, t):
        if t == "topup":
            e.pop("offer", None)
        return t == "topup"

    def spoil_pack(self, e, t):
        if t != "pack_sale" or not self.live.packs:
            return False
        e["pack"] = self.rng.choice(list(self.live.packs))
        return True

    def spoil_ask(self, e, t):
        line = next((l for l in e.get("pay", []) if l["with"] in UNITS), None)
        if t != "sale" or not line:
            return False
        line[UNITS[line["with"]]] += 100000
        e["gross_fen"] += 100000 if line["with"] == "stored_value" else 0
        e.pop("earn", None)
        e["ask"] = some(self.rng, 0.8)
        return True

    def spoil_back(self, e, t):
        if t != "refund" or "of" in e:
            return False
        e["back"] = [e["back"][0] | {"amount_fen": e["amount_fen"] + 1}] if some(self.rng, 0.6) else \
            self.tenders(e["amount_fen"])
        return True

    def spoil_closed(self, e, t):
        rows = [s for s in self.alliance.stores.values() if not s.open_on(self.today)]
        if rows:
            self.store = self.rng.choice(rows).id
        return bool(rows)

    def spoil_undo(self, e, t):
        """Points a refund or void at something else."""
        if "of" not in e or not self.live.records:
            return False
        e["of"] = self.rng.choice(list(self.live.records))
        return True

    def files(self):
        out = {s: [] for s in self.stores}
        for store, text in self.lines:
            out[store].append(text)
        return out

    def save(self, directory):
        os.makedirs(directory, exist_ok=True)
        texts = {"alliance.conf": invent.conf_text(self.data), "stores.csv": invent.csv_text(self.data["stores_csv"]),
                 "ALLIANCE.json": json.dumps(self.data, ensure_ascii=False, indent=1)}
        texts.update({"%s.jsonl" % s: "".join(x + "\n" for x in lines) for s, lines in self.files().items()})
        if self.opening:
            texts["opening.csv"] = opening.text(self.opening, self.alliance)
        for name, text in texts.items():
            with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
                f.write(text)


SPOILERS = [name[6:] for name in dir(History) if name.startswith("spoil_")]
BAD_LINES = ("{", "[]", '{"type":"sale"}', '{"type":"coupon_void","terminal":"1","number":1,"coupon":"x"}',
             '{"type":"enrol","terminal":"1","number":90001,"at":"2026-02-27T10:00:00+08:00","member":"62","colour":"red"}',
             '{"type":"enrol","terminal":"1","number":90001,"number":90002,"at":"2026-02-27T10:00:00+08:00","member":"62"}',
             '{"type":"enrol","terminal":"1","number":"90001","at":"2026-02-27T10:00:00+08:00","member":"62"}',
             '{"type":"enrol","terminal":"1","number":0,"at":"2026-02-27T10:00:00+08:00","member":"62"}',
             '{"type":"enrol","terminal":"1","number":90001,"at":"2026-02-27T10:00:60+08:00","member":"62"}',
             '{"type":"enrol","terminal":"1","number":90001,"at":"2026-02-27T10:00:00+08:00","member":"062"}',
             '{"type":"enrol","terminal":"1","number":90001,"at":"2026-02-27T10:00:00+08:00"}',
             '{"type":"enrol","terminal":"1","at":"2026-02-27T10:00:00+08:00","member":"62"}',
             '{"type":"topup","terminal":"1","number":90001,"at":"2026-02-27T10:00:00+08:00","member":"62","product":"card","principal_fen":1.5}',
             '{"type":"void","terminal":"1","number":90001,"at":"2026-02-27T10:00:00+08:00","of":"A:1"}')


def lines_of(history):
    """The history as the model reads it, bad lines left out, and their number."""
    good, bad = [], 0
    for store, texts in history.files().items():
        for text in texts:
            try:
                good.append((store, events.read(text)))
            except events.BadLine:
                bad += 1
    return good, bad


def coverage(first, count):
    outcomes, kinds, waits, retried, lines = (collections.Counter() for _ in range(5))
    for seed in range(first, first + count):
        good, bad = lines_of(History(seed))
        outcomes["BAD_LINE"] += bad
        waiting = set()
        history = History(seed)
        for line in model.simulate(history.alliance, good, (), history.deadlines).out:
            lines["lines"] += 1
            outcomes[line["outcome"]] += line["type"] != "expiry"
            if line["outcome"] == "WAITING":
                waits[line["reason"]] += 1
                waiting.add(line["event"])
            elif line["event"] in waiting:
                waiting.discard(line["event"])
                retried[line["outcome"]] += 1
            for c in line["claims"]:
                kinds[c["kind"] + ("/reversal" if c["reversal"] else "")] += 1
    for title, counter in (("outcomes", outcomes), ("waiting for", waits), ("after waiting", retried), ("claims", kinds)):
        print("%s: %s" % (title, " ".join("%s=%d" % x for x in counter.most_common())))
    print("%d histories, %d lines" % (count, lines["lines"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out")
    parser.add_argument("--coverage", type=int)
    parser.add_argument("--from", type=int, default=1, dest="first")
    args = parser.parse_args()
    if args.coverage:
        coverage(args.first, args.coverage)
    else:
        History(args.seed).save(args.out or parser.error("--out or --coverage is needed"))


if __name__ == "__main__":
    main()
