"""Points: what a rule gives, and the lots of a grant (rules 5, 18, 19)."""
from lots import Lot, half_up
from refusal import require
from terms import MILLION, WEEKDAYS, in_force


class Earning:
    def earn_figures(self, record, entry, base):
        """[(funder, points)] of one entry: the base and then the increases, some may be 0."""
        product = self.alliance.products[entry["product"]]
        if not product.earn:
            return []
        numerator, denominator = base * product.earn["rate"], 100 * MILLION
        figures = [(product.earn["funder"], numerator // denominator)]
        total = figures[0][1]
        on = record.item.occurred
        for times, funder, m in product.earn["multipliers"]:
            if not in_force(m, on) or \
                    m.get("weekdays") and WEEKDAYS[(on - 1) % 7] not in m["weekdays"] or \
                    m.get("stores") and record.store not in m["stores"] or \
                    m.get("campaign") and m["campaign"] != entry.get("campaign"):
                continue
            numerator *= times
            denominator *= MILLION
            figures.append((funder, numerator // denominator - total))
            total = numerator // denominator
        return figures

    def check_earn(self, record, e, base):
        entries = e.get("earn", [])
        require(not entries or record.member, "EARN_MISMATCH")
        require(len({x["product"] for x in entries}) == len(entries), "EARN_MISMATCH")
        for entry in entries:
            figures = self.earn_figures(record, entry, base)
            require(sum(p for _, p in figures) == entry["points"], "EARN_MISMATCH")
            self.check_payable(self.alliance.products[entry["product"]], entry["points"])

    def check_payable(self, product, points):
        """Points are worth at most the greatest amount, at the issue price and at the redemption price (CHOICES, 5)."""
        require(points * max(product.issue_price, product.redeem_price) <= 1000 * 10**12, "BAD_AMOUNT")

    def earn(self, record, e, base):
        for entry in e.get("earn", []):
            self.grant(record, self.alliance.products[entry["product"]],
                       self.earn_figures(record, entry, base))

    def grant(self, record, product, figures):
        """Makes the lots of one grant; a payer of several of them pays one half-up amount."""
        figures = [(self.funder(who, record.store, record.member), n) for who, n in figures if n]
        whole = {}
        for who, n in figures:
            whole[who] = whole.get(who, 0) + n
        cum = dict.fromkeys(whole, 0)
        for who, n in figures:
            lot = Lot(record.new_lot_id(), record.member, product, record.store, n, 0,
                      [(product.fund if product.model == "PF" else who, n * product.redeem_price // 1000)], [],
                      valid_to=None if product.valid_days is None else record.item.occurred + product.valid_days)
            issue = half_up(whole[who] * product.issue_price, 1000)
            lot.payer = who
            lot.issued = issue * (cum[who] + n) // whole[who] - issue * cum[who] // whole[who]
            cum[who] += n
            self.add_lot(record, lot)
            record.earned.append(lot)
            if product.model == "PF":
                record.claims.add("points_issue", who, product.fund, lot.issued,
                                  (product.id, lot.id, lot.store, ""))
