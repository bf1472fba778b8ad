"""What stands at the counters: a till that keeps its own roll and its own sums, and what it exports."""
import collections
import json

from alliance import TOP, day_text

MAPPING = (TOP / "deploy/tills/wide/till.conf").read_text(encoding="utf-8")
COLUMNS = "流水号,机号,时间,类型,卡号,应收,现金,微信,储值,积分抵现,抵用积分,本金,赠送金,方案,次卡号,次数,原流水号,收银员".split(",")
MONEY = {"cash": "现金", "wechat": "微信", "stored_value": "储值", "points": "积分抵现"}
AMOUNT = {"sale": "gross_fen", "topup": "principal_fen", "pack_sale": "price_fen", "refund": "amount_fen",
          "cashout": "amount_fen"}


class Till:
    """Rings up receipts under running numbers. What it sums up is what it was told by the cashier, and nothing that
    the ledger says."""

    def __init__(self, store, terminal="1"):
        self.store, self.terminal = store, terminal
        self.number = 0
        self.roll = {}      # number: event
        self.begin()

    def begin(self):
        self.today, self.sums = [], collections.Counter()

    def reference(self, event):
        return "%s:%s:%d" % (self.store, event["terminal"], event["number"])

    def ring(self, day, minute, what, **keys):
        """A receipt at 09:00 and so many minutes."""
        self.number += 1
        at = "%sT%02d:%02d:%02d+08:00" % (day_text(day), 9 + minute // 60, minute % 60, self.number % 60)
        event = {"type": what, "terminal": self.terminal, "number": self.number, "at": at, **keys}
        self.roll[self.number] = event
        self.today.append(event)
        return event

    def sale(self, day, minute, pay, **keys):
        event = self.ring(day, minute, "sale", gross_fen=sum(line.get("amount_fen", 0) for line in pay), pay=pay, **keys)
        self.add(event, 1)
        return event

    def topup(self, day, minute, member, principal, means="cash", product="card", **keys):
        event = self.ring(day, minute, "topup", member=member, product=product, principal_fen=principal,
                          pay=[{"with": means, "amount_fen": principal}], **keys)
        self.add(event, 1)
        return event

    def pack(self, day, minute, member, price, uses, means="cash"):
        event = self.ring(day, minute, "pack_sale", member=member, product="wash", price_fen=price, uses=uses,
                          pack="%s-%d" % (self.store, self.number + 1), pay=[{"with": means, "amount_fen": price}])
        self.add(event, 1)
        return event

    def refund(self, day, minute, original, amount, of=None):
        """Of a receipt that was paid by one means."""
        event = self.ring(day, minute, "refund", of=of or self.reference(original), amount_fen=amount)
        self.sums["refund"] += amount
        self.sums[original["pay"][0]["with"]] -= amount
        return event

    def void(self, day, minute, original):
        event = self.ring(day, minute, "void", of=self.reference(original))
        self.add(original, -1)
        self.sums["void"] += original[AMOUNT[original["type"]]]
        return event

    def add(self, event, sign):
        self.sums[event["type"]] += sign * event[AMOUNT[event["type"]]]
        for line in event.get("pay", ()):
            if "amount_fen" in line:
                self.sums[line["with"]] += sign * line["amount_fen"]

    def end(self, day):
        """The day's receipts, its total the last of them."""
        events = list(self.today)
        total = self.ring(day, 645, "day_total", date=day_text(day), count=sum(event["type"] != "dispute" for event in events),
                          sums=dict(self.sums))
        self.begin()
        return events + [total]


def as_lines(events):
    return "".join(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n" for event in events)


def as_csv(events):
    """As the sample `wide` of deploy/tills writes, a total at the foot."""
    rows = [",".join(COLUMNS)]
    for event in events:
        cells = {"流水号": event["number"], "机号": event["terminal"], "收银员": "张", "卡号": event.get("member", ""),
                 "时间": event["at"][:19].replace("T", " ")}
        cells.update({"topup": topup_cells, "sale": sale_cells, "pack_sale": sale_cells, "refund": refund_cells}[
            event["type"]](event))
        rows.append(",".join(str(cells.get(column, "")) for column in COLUMNS))
    rows.append("合计" + "," * (len(COLUMNS) - 1))
    return "".join(text + "\n" for text in rows)


def yuan(fen):
    return "%s%d.%02d" % ("-" if fen < 0 else "", abs(fen) // 100, abs(fen) % 100)


def paid(event):
    cells = {MONEY[line["with"]]: yuan(line["amount_fen"]) for line in event["pay"] if "amount_fen" in line}
    for line in event["pay"]:
        if line["with"] == "points":
            cells["抵用积分"] = line["points"]
        if line["with"] == "pack":
            cells.update({"次卡号": line["pack"], "次数": line["uses"]})
    return cells


def topup_cells(event):
    cells = {"类型": "充值", "本金": yuan(event["principal_fen"]), **paid(event)}
    if "offer" in event:
        cells.update({"赠送金": yuan(event["bonus_fen"]), "方案": "充500送100"})
    return cells


def sale_cells(event):
    if event["type"] == "sale":
        return {"类型": "消费", "应收": yuan(event["gross_fen"]), **paid(event)}
    return {"类型": "售次卡", "应收": yuan(event["price_fen"]), **paid(event), "次卡号": event["pack"],
            "次数": event["uses"]}


def refund_cells(event):
    return {"类型": "退货", "应收": yuan(-event["amount_fen"]), "原流水号": event["of"].split(":")[2]}


def mapping(store, path):
    """The sample's mapping, for this store's own references."""
    path.write_text(MAPPING.replace('"A:1:"', '"%s:1:"' % store), encoding="utf-8")
    return path
