"""Troubles of machines and keys: a restored image, a lost key, an upgrade, a store that says nothing."""
import json
import os
import shutil

from alliance import day_text
from troubles import Trouble, days


class RestoredImage(Trouble):
    """The PC of S07 is set back on the 13th to an image of the 9th. Its till's files are published again."""

    STORE = "S07"

    def evening(self, day):
        if day == 9:
            self.image = self.world.copy_folder(self.shop(self.STORE), ".image")

    def morning(self, day):
        if day == 13:
            shop = self.shop(self.STORE)
            self.world.lose_folder(shop)
            os.rename(self.image, shop.folder)
            before = self.standing(self.STORE)
            for when, files, events in shop.exports:
                if when > 9:
                    told = self.world.told(shop, files)
                    self.equal("already in, of the %dth" % when, (told["read"], told["already"]),
                               (len(events), len(events)))
            after = self.standing(self.STORE)
            self.equal("nothing came twice", after["events"], before["events"])
            self.case("not frozen", not after["frozen"], after)


class LostKey(Trouble):
    """The PC of S18 is stolen in the night of the 20th, with what the till had told it that day. A new key, a new folder, and
    the till's files once more."""

    STORE = "S18"

    def morning(self, day):
        if day == 20:
            self.shop(self.STORE).offline = True
        elif day == 21:
            self.replace()

    def replace(self):
        world, shop = self.world, self.shop(self.STORE)
        old = self.standing(self.STORE)["key_id"]
        kit = str(world.path / "shops" / "new.kit.json")
        world.act("key", "replace", self.STORE, "--reason", "PC stolen on 20 March", "--out", kit)
        lost = world.lose_folder(shop)
        thief = dict(codes=(75,))
        files = [file for _, files, _ in shop.exports for file in files]
        told = json.loads(world.must("publish", *files, "--till", shop.mapping, "--dir", lost, "--json", "--wait", "3",
                                     **thief))
        self.case("the old key is taken no more", told["pending"] > 0 and told["accepted"] == 0, told)
        shop.offline = False
        world.join(shop, kit)
        missing, total = len(shop.pending), sum(len(events) for _, _, events in shop.exports)
        told = world.told(shop, files)
        self.equal("in and already in", (told["already"], told["accepted"] + told["waiting"]), (total - missing, missing))
        world.arrivals.append((self.STORE, shop.pending, world.now_ms))
        shop.pending = []
        now = self.standing(self.STORE)
        self.case("another key", now["key_id"] not in (None, old) and not now["frozen"], now)
        self.equal("every day matches", {self.states(self.STORE)[day] for day in days(1, 20)}, {"matched"})


class Upgrade(Trouble):
    """On the morning of the 15th headquarters, its door and the stores go on with other programs, over the journal as it
    is; the snapshots are thrown away."""

    def morning(self, day):
        if day == 15:
            world = self.world
            before = world.digest()
            world.door.stop()
            self.equal("an orderly end", world.stop(), 0)
            shutil.rmtree(os.path.join(world.hq, "state"))
            self.case("another program", os.path.realpath(world.bin) != os.path.realpath(world.new), world.bin)
            world.bin = world.new
            world.start()
            world.open_door()
            self.equal("the same state", world.digest(), before)


class SilentStore(Trouble):
    """S20 says nothing from the 28th on. The month is closed without it, for a reason that the report keeps; in April it
    tells what happened, which is booked then. A card filled there on the 28th is used at S02 on the 29th: what waits for
    S20 at the close is refused and hangs, until S20 has spoken and S02 tries again."""

    STORE, ELSEWHERE, MEMBER, FIRST, LAST = "S20", "S02", "6210000031", 28, 30

    def morning(self, day):
        if day == self.FIRST:
            shop = self.shop(self.STORE)
            shop.silent = shop.unheard = True
            self.ring(self.STORE, shop.till.topup(day, 1, self.MEMBER, 5000))
        elif day == self.FIRST + 1:
            till = self.shop(self.ELSEWHERE).till
            self.sale = till.sale(day, 1, [{"with": "stored_value", "product": "card", "amount_fen": 2000}],
                                  member=self.MEMBER)

    def reference(self):
        return self.shop(self.ELSEWHERE).till.reference(self.sale)

    def hanging(self, code):
        items = self.world.hq_json("suspense", "list", "--store", code)["items"]
        return {row["event"]: row["reason"] for row in items}

    def closing(self):
        world = self.world
        missing = world.hq_json("cycle", "checklist", codes=(1,))["missing"]
        silent = {(row["store"], row["day"]) for row in missing if row["kind"] == "silent"}
        # the open day is not over, so that its silence is not missed yet
        self.equal("it is missed", silent, {(self.STORE, day) for day in days(self.FIRST, self.LAST - 1)})
        before = world.digest()
        done = world.run("cycle", "close", "2026-03", "--as", "ma", "--dir", world.hq)
        self.case("no close without a reason", done.returncode == 65 and "--incomplete" in done.stderr and
                  world.digest() == before, done)
        world.close("2026-03", "--incomplete", "S20 cannot be reached")
        self.equal("the reason is kept", world.report("2026-03")["incomplete"]["reason"], "S20 cannot be reached")
        self.equal("what waited for it hangs", self.hanging(self.ELSEWHERE), {self.reference(): "UNKNOWN_MEMBER"})
        self.unsent = len(self.shop(self.STORE).pending)
        self.case("its till knows more", self.unsent > 0)

    def after(self):
        shop = self.shop(self.STORE)
        shop.silent = False
        events = self.standing(self.STORE)["events"]
        files = [file for day, files, _ in shop.exports if day >= self.FIRST for file in files]
        self.equal("it tells", self.world.deliver_now(shop, files), "")
        self.equal("all came", self.standing(self.STORE)["events"] - events, self.unsent)
        late = [row for row in self.world.report("open")["late"] if row["event"].startswith(self.STORE + ":")]
        told = json.loads(self.world.must("outbox", "retry", "--json", "--dir", self.shop(self.ELSEWHERE).folder))
        self.equal("what waited for it is in", (told["retried"]["accepted"], self.hanging(self.ELSEWHERE)), (1, {}))
        self.world.arrivals.append((self.ELSEWHERE, [self.sale], self.world.now_ms))
        self.ring(self.ELSEWHERE, self.sale)
        self.case("booked in April, of March", late and all(row["occurred"] < day_text(31) for row in late), late)


class StillPending(Trouble):
    """S13 rings up two receipts on the last day, and has no network: only its till and its outbox know."""

    STORE = "S13"

    def after(self):
        shop = self.shop(self.STORE)
        shop.offline = True
        for minute, fen in ((1, 1234), (2, 5678)):
            shop.till.sale(31, minute, [{"with": "cash", "amount_fen": fen}])
        self.world.deliver(shop, 31, shop.till.end(31))
        self.month.unsent = {self.STORE: [shop.till.reference(event) for event in shop.pending]}
