"""The same day twice: once with cards that are merged and replaced on the way, once with every member under one number.

A move makes no claim and changes nothing but under which number a member is found; so both days must end with the same
outcomes, claims, memos and outstanding value, to the fen, and each member must have the same.
"""
import json
import os
import pathlib
import random

from network import Network

from cards import Cards, line, sale, topup

MEMBERS, EVENTS, FIRST = 12, 160, 6200000000
SECOND, NEW, NEWER = 1000, 2000, 3000  # added to a member's number: its other cards


def pay(**keys):
    return {"gross_fen": keys.pop("gross_fen", keys.get("amount_fen", 0)), "pay": [keys]}


class Day:
    """What three stores' tills tell. A member is named by its first number; `half` 0 comes before most cards are lost."""

    def __init__(self, rng):
        self.rng, self.numbers, self.packs, self.made = rng, {store: 0 for store in "ABC"}, [], {"sale": [], "topup": [], "hold": []}

    def at(self, store):
        self.numbers[store] += 1
        return "%02dT%02d:%02d" % (1, 9 + self.numbers[store] // 60, self.numbers[store] % 60)

    def event(self, store):
        rng, member = self.rng, FIRST + self.rng.randrange(MEMBERS)
        at, number = self.at(store), self.numbers[store]
        kind = rng.choices(("topup", "sale", "points", "pack_sale", "pack", "refund", "void", "hold", "capture", "release"),
                           (20, 26, 6, 6, 8, 12, 6, 8, 5, 3))[0]
        name, text = "%s:1:%d" % (store, number), str(member)
        own = lambda what: [ref for ref in self.made[what] if ref[0][0] == store]  # noqa: E731
        if kind == "topup":
            self.made["topup"].append((name, member, 0))
            yuan = rng.randrange(1, 300)
            return topup(number, at, text, 100 * yuan, earn=[{"product": "points", "points": yuan}])
        if kind == "sale":
            fen = rng.randrange(1, 12000)
            self.made["sale"].append((name, member, fen))
            return sale(number, at, text, fen)
        if kind == "points":
            points = rng.randrange(1, 60)
            return line("sale", number, at, member=text, **pay(**{"with": "points", "product": "points", "points": points,
                                                                   "amount_fen": points}))
        if kind == "pack_sale":
            self.packs.append((member, "p-" + name.replace(":", "-")))
            return line("pack_sale", number, at, member=text, product="wash", pack=self.packs[-1][1], price_fen=5000, uses=5)
        if kind == "pack" and self.packs:
            member, pack = rng.choice(self.packs)
            return line("sale", number, at, member=str(member), **pay(**{"with": "pack", "pack": pack, "uses": 1}))
        if kind == "refund" and self.made["sale"]:
            of, _, fen = rng.choice(self.made["sale"])
            return line("refund", number, at, of=of, amount_fen=rng.randrange(1, fen + 1))
        if kind == "void" and own("topup") + own("sale"):
            return line("void", number, at, of=rng.choice(own("topup") + own("sale"))[0])
        if kind == "hold":
            fen = rng.randrange(1, 3000)
            self.made["hold"].append((name, member, fen))
            return line("hold", number, at, member=text, product="card", amount_fen=fen)
        if kind in ("capture", "release") and own("hold"):
            of, member, fen = rng.choice(own("hold"))
            if kind == "release":
                return line("release", number, at, of=of)
            fen = rng.randrange(1, fen + 1)
            return line("capture", number, at, of=of, member=str(member), gross_fen=fen,
                        pay=[{"with": "stored_value", "product": "card", "amount_fen": fen}])
        return sale(number, at, text, rng.randrange(1, 500))


class Twin(Cards):
    SEED = 1

    def day(self):
        """Two halves of each store's events; then the cards under which each is told in the world with moves."""
        rng = random.Random("%s %d" % (type(self).__name__, self.SEED))
        day = Day(rng)
        halves = [[[day.event(store) for _ in range(EVENTS)] for store in "ABC"] for _ in range(2)]
        self.lost = rng.sample(range(FIRST, FIRST + MEMBERS), MEMBERS * 2 // 3)
        self.twice = self.lost[:2]
        return rng, halves

    def told(self, rng, event, half):
        """Under one of the numbers that the member has in that half."""
        event = json.loads(event)
        if "member" in event:
            member = int(event["member"])
            first = member if half == 0 or member not in self.lost else member + (NEWER if member in self.twice else NEW)
            event["member"] = str(rng.choice((first, member + SECOND)))
        return json.dumps(event).encode()

    def enrol(self, moves):
        events = [line("enrol", n + 1, "01T08:%02d" % n, member=str(FIRST + n)) for n in range(MEMBERS)]
        seconds = [line("enrol", MEMBERS + n + 1, "01T08:%02d" % (20 + n), member=str(FIRST + n + SECOND)) for n in range(MEMBERS)]
        renumbered = [dict(json.loads(event), terminal="9") for event in events + (seconds if moves else [])]
        self.publish("A", *(json.dumps(event).encode() for event in renumbered))
        for n in range(MEMBERS if moves else 0):
            self.equal("merged", self.move("merge", str(FIRST + n + SECOND), str(FIRST + n)), "")

    def lose(self):
        for member in self.lost:
            self.equal("replaced", self.move("replace", str(member), str(member + NEW)), "")
        for member in self.twice:
            self.equal("replaced again", self.move("replace", str(member + NEW), str(member + NEWER)), "")

    def live_through(self, moves):
        """Returns: all that can be compared."""
        rng, halves = self.day()
        self.set_up()
        self.enrol(moves)
        refused = {}
        for half, stores in enumerate(halves):
            for store, events in zip("ABC", stores):
                told = self.net.publish(store, [self.told(rng, event, half) if moves else event for event in events], codes=(0, 65))
                refused[store, half] = ([(row["event"], row["reason"]) for row in told["refusals"]],
                                        {key: told[key] for key in ("accepted", "waiting", "refused")})
            if moves and half == 0:
                before = self.outstanding(), self.matrix()
                self.lose()
                self.equal("nobody owes anything by that", (self.outstanding(), self.matrix()), before)
        path = os.path.join(self.net.dir, "lines.csv")
        report = json.loads(self.net.must("cycle", "preview", "--format", "json", "--dir", self.net.hq))
        balances = {member: self.balance(str(member + (0 if not moves or member not in self.lost else
                                                       NEWER if member in self.twice else NEW)))[1]
                    for member in range(FIRST, FIRST + MEMBERS)}
        lines = {store: self.net.must("explain", store, "open", "--lines", path, "--dir", self.net.store(store)) and
                 pathlib.Path(path).read_text(encoding="utf-8") for store in "ABC"}
        return {"refused": refused, "balances": balances, "claims": report["matrix"], "outstanding": report["outstanding"],
                "waiting": report["waiting"], "memos": [row["memo"] for row in report["stores"]],
                "lines": lines}  # what is counted of the enrolments of second cards is all that may differ

    def play(self):
        moved = self.live_through(True)
        self.again()
        net, self.net = self.net, Network(self.net.bin, os.path.join(self.net.dir, "twin"))
        os.mkdir(self.net.dir)
        try:
            plain = self.live_through(False)
        finally:
            self.net.stop()
            self.net = net
        for name, value in plain.items():
            self.equal(name, moved[name], value)
        accepted = sum(counts["accepted"] for _, counts in plain["refused"].values())
        self.equal("most were taken", accepted > 3 * EVENTS, True)
        self.equal("all kinds of claims", {"principal", "fee", "pack", "points_issue", "points_redeem"} <= {
            row["kind"] for row in plain["claims"]}, True)
