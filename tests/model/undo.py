"""Refunds and voids: what gives back, and to whom (rules 22-28, 45-49)."""
from counter import SALES, give_back_missing, leaves_held, void_leaves_held
from lots import Lot, peel, telescope
from terms import MILLION

OWN_UNITS = {"points": "points", "pack": "uses"}


def refund(clearing, record, e, require):
    if "of" not in e:
        return unlinked(clearing, record, e, require)
    original = clearing.records.get(e["of"])
    if original and e["amount_fen"] == 0:
        require(original.type in SALES and original.event["gross_fen"] == 0, "BAD_AMOUNT")
    require(original, "UNKNOWN_ORIGINAL")
    record.original = original
    record.member = original.member
    if original.type in SALES:
        refund_sale(clearing, record, e, require)
    elif original.type in ("topup", "pack_sale"):
        refund_purchase(clearing, record, e, require)
    else:
        require(False, "NOT_REFUNDABLE")
    original.refunds.append(record)


def unlinked(clearing, record, e, require):
    back = e.get("back", [])
    for line in back:
        if line["with"] in ("stored_value", "points"):
            require(clearing.alliance.product(line["product"], line["with"]), "UNKNOWN_PRODUCT")
    require(record.member in clearing.members, "UNKNOWN_MEMBER")
    require([(l["with"], l["amount_fen"]) for l in back if "amount_fen" in l and len(back) == 1]
            == [("stored_value", e["amount_fen"])], "UNBALANCED")
    product = clearing.alliance.products[back[0]["product"]]
    require(product.unlinked_refund, "NOT_REFUNDABLE")
    home = clearing.members[record.member]
    holder, amount = product.holder(clearing.participant(home)), e["amount_fen"]
    lot = Lot(record.new_lot_id(), record.member, product, home, amount, amount,
              [(holder, amount * product.principal_rate // MILLION)], [])
    clearing.add_lot(record, lot, at_head=0)
    record.claims.add("unlinked_refund", clearing.participant(record.store), holder, amount,
                      (product.id, lot.id, home, record.store))


def refund_purchase(clearing, record, e, require):
    """A top-up or a pack: once, exactly what is left, paid like a cash-out."""
    original, amount = record.original, e["amount_fen"]
    lots = original.lots[:1]
    if original.type == "pack_sale" and not original.voided:
        lots = clearing.queue((original.member, lots[0].product.id, lots[0].pack))
    lots = [l for l in lots if l.left]
    left = 0 if original.voided else sum(l.principal_left() for l in lots)
    clearing.check_paid(e.get("back", []), amount)
    require(original.voided or original.refunds or amount >= left, "UNBALANCED")
    require(not original.voided, "VOIDED")
    require(not original.refunds, "REFUNDED")
    require(amount == left, "REFUND_OVER_ORIGINAL")
    require(original.type != "topup" or leaves_held(clearing, original.member, original.lots[0].product, lots), "VALUE_USED")
    clearing.pay_out(record, lots)


def refund_sale(clearing, record, e, require):
    original, amount = record.original, e["amount_fen"]
    gross = original.event["gross_fen"]
    require(not original.voided, "VOIDED")
    require(gross or not original.refunds, "REFUNDED")
    require(original.refunded + amount <= gross, "REFUND_OVER_ORIGINAL")
    money = shares_of_refund(original, amount)
    require("back" not in e or means_of(e["back"]) == means_of(back_of(original, money)), "UNBALANCED")
    give_back(clearing, record, money)


def shares_of_refund(original, amount):
    """[(money before, money after)] of the discounts and then of the pay lines but packs."""
    totals = [d["amount_fen"] for d, _ in original.discounts]
    totals += [entry["line"]["amount_fen"] for entry in original.lines if "amount_fen" in entry["line"]]
    before = peel(totals, original.refunded)
    after = peel(totals, original.refunded + amount)
    return amount, list(zip(before, after))


def units_after(original, entry, cum, money):
    """Units of a pay line given back once `cum` of the sale's gross, `money` of the line, are."""
    line, gross = entry["line"], original.event["gross_fen"]
    if line["with"] == "pack":
        return entry["units"] if not gross else entry["units"] * cum // gross
    return telescope(entry["units"], money, line["amount_fen"])


def per_line(original, money):
    """[(entry, money back, units after)] in written order."""
    amount, shares = money
    rest = iter(shares[len(original.discounts):])
    out = []
    for entry in original.lines:
        before, after = next(rest) if "amount_fen" in entry["line"] else (0, 0)
        out.append((entry, after - before, units_after(original, entry, original.refunded + amount, after)))
    return out


def back_of(original, money):
    back = []
    for entry, value, units in per_line(original, money):
        line = entry["line"]
        units -= entry["back"]
        if line["with"] == "pack":
            if units:
                back.append({"with": "pack", "pack": line["pack"], "uses": units})
        elif line["with"] == "points":
            if units:
                back.append({"with": "points", "product": line["product"], "points": units, "amount_fen": value})
        elif value:
            back.append({k: line[k] for k in ("with", "product", "scheme") if k in line} | {"amount_fen": value})
    return back


def means_of(back):
    out = {}
    for line in back:
        name = (line["with"], line.get("product") or line.get("pack"))
        money, units = out.get(name, (0, 0))
        out[name] = (money + line.get("amount_fen", 0),
                     units + line.get(OWN_UNITS.get(line["with"], ""), 0))
    return out


def give_back(clearing, record, money, silent=False):
    """What a refund does; a void of the sale uses only its lots (`silent`)."""
    original, claims = record.original, record.claims
    amount, shares = money
    cum = original.refunded + amount
    store, place = clearing.participant(original.store), original.store
    record.undone = {"draws": [], "taken": [], "backs": []}
    if not silent:
        for (d, parts), (before, after) in zip(original.discounts, shares):
            whole = sum(n for _, n in parts)
            cuts = [peel([n for _, n in parts], telescope(whole, x, d["amount_fen"])) for x in (before, after)]
            owed = sum(claims.add("discount", store, who, y - x, (d["rule"], "", "", place), True)
                       for (who, _), x, y in zip(parts, *cuts))
            claims.memo(place, "discount", owed - (after - before))
    old_back, heads = {}, {}
    for entry, value, units in per_line(original, money):
        line = entry["line"]
        if not entry["product"]:
            if not silent:
                claims.add("tender", store, clearing.participant(record.store), value, ("", "", place, record.store))
            continue
        if line["with"] == "points" and not silent:
            claims.memo(place, "points_redeem", -value)
        old_back.setdefault(entry["product"].id, [0, 0, 0])
        for i, n in enumerate((entry["back"], units, entry["units"])):
            old_back[entry["product"].id][i] += n
        record.undone["backs"].append((entry, units - entry["back"]))
        give_back_line(clearing, record, entry, units - entry["back"], None if silent else claims, heads)
        entry["back"] = units
    if silent:
        return
    for product, fee in original.fees:
        if product.fee_refundable:
            before, after, whole = old_back[product.id]
            claims.add("fee", product.fee_payee, store, telescope(fee, after, whole) - telescope(fee, before, whole),
                       (product.id, "", "", place), True)
    take_points(record, cum)
    original.refunded = cum
    record.undone["amount"] = amount


def give_back_line(clearing, record, entry, units, claims, heads):
    """Last draw first; the lots that come of it stand in the order of the draws."""
    returned = []
    units = give_back_missing(clearing, record, entry, units, claims)
    for draw in reversed(entry["draws"]):
        n = min(units, draw.units - draw.back)
        units -= n
        if n:
            part = draw.give_back(n)
            returned.insert(0, part)
            record.undone["draws"].append((draw, n))
            if claims:
                clearing.post_draw(claims, part, record.original.store, entry["line"], reversal=True)
    for part in returned:
        old = part.lot
        lot = Lot(record.new_lot_id(), old.member, old.product, old.store, part.units, part.principal,
                  part.main, part.side, pack=old.pack, valid_to=old.valid_to, top_up=old.top_up)
        lot.payer = old.payer
        at_head = None
        if old.product.kind == "stored_value":
            at_head = heads.get(old.product.id, 0)
            heads[old.product.id] = at_head + 1
        clearing.add_lot(record, lot, at_head=at_head)


def take_points(record, cum):
    original, gross = record.original, record.original.event["gross_fen"]
    for lot in original.earned:
        due = telescope(lot.units, cum, gross) - telescope(lot.units, original.refunded, gross)
        taken = min(due, lot.left)
        if not taken:
            continue
        before = telescope(lot.issued, lot.taken, lot.units)
        lot.taken += taken
        lot.used += taken
        record.claims.add("points_issue", lot.product.fund, lot.payer, telescope(lot.issued, lot.taken, lot.units) - before,
                          (lot.product.id, lot.id, lot.store, ""), True)
        record.undone["taken"].append((lot, taken, lot.used))


def void(clearing, record, e, require):
    original = clearing.records.get(e["of"])
    require(original, "UNKNOWN_ORIGINAL")
    record.original = original
    record.member = original.member
    require(original.type in ("sale", "capture", "topup", "pack_sale", "points_grant", "refund"), "NOT_REFUNDABLE")
    require(original.store == record.store, "NOT_ACCEPTED_HERE")
    require(not original.voided, "VOIDED")
    require(original.item.occurred == record.item.occurred and original.booked >= record.item.arrived, "TOO_LATE")
    require(not original.refunds, "REFUNDED")
    if original.type == "refund":
        void_refund(clearing, original, require)
    elif original.type in SALES:
        require(all(l.untouched for l in original.earned), "VALUE_USED")
        for lot in original.earned:
            clearing.remove_lot(lot)
        give_back(clearing, record, shares_of_refund(original, original.event["gross_fen"]), silent=True)
    else:
        require(all(l.untouched for l in original.lots), "VALUE_USED")
        require(void_leaves_held(clearing, original), "VALUE_USED")
        for lot in original.lots:
            clearing.remove_lot(lot)
        if original.type == "pack_sale":
            del clearing.packs[original.event["pack"]]
    original.voided = True
    record.claims.undo(original.claims)


def void_refund(clearing, record, require):
    """`record` is the refund to be undone."""
    sale = record.original
    undone = record.undone
    if sale and sale.type in SALES:
        require(sale.refunds[-1] is record, "VALUE_USED")
    require(all(l.untouched for l in record.lots), "VALUE_USED")
    require(void_leaves_held(clearing, record), "VALUE_USED")
    require(all(lot.used == used and not lot.ended for lot, _, used in undone.get("taken", [])), "VALUE_USED")
    for lot in record.lots:
        clearing.remove_lot(lot)
    for lot in undone.get("ended", []):
        lot.ended = False
    for commission, principal, back in undone.get("commission", []):
        commission.cashed -= principal
        commission.returned -= back
    for draw, units in undone.get("draws", []):
        draw.back -= units
    for entry, units in undone.get("missing", []):
        entry["missing_back"] -= units
    for entry, units in undone.get("backs", []):
        entry["back"] -= units
    for lot, taken, _ in undone.get("taken", []):
        lot.used -= taken
        lot.taken -= taken
    if sale:
        sale.refunds.remove(record)
        sale.refunded -= undone.get("amount", 0)
