"""Where claims do depend on the order of arrival, by the rules: for each the smallest history, in two orders that both
end complete, and the claims that each gives. They keep the comparison honest (it must see every one of them), and say
why restricted.py leaves these out."""
import json

import arrival
import restricted
import same
from terms import Alliance


def card(model="F1", **terms):
    return {"id": "card", "kind": "stored_value", "model": model, **terms}


POINTS = {"id": "points", "kind": "points", "model": "PF", "redeem_price": "1", "issue_price": "1", "fund": "FUND",
          "earn": {"rate": "100"}}


def topup(amount):
    return {"type": "topup", "member": "62", "product": "card", "principal_fen": amount}


def spend(amount):
    return {"type": "sale", "member": "62", "gross_fen": amount,
            "pay": [{"with": "stored_value", "product": "card", "amount_fen": amount}]}


def wash(uses):
    return {"type": "sale", "member": "62", "gross_fen": 0, "pay": [{"with": "pack", "pack": "w1", "uses": uses}]}


# (name, products, events as STORE: [event], two orders of stores, the matrix of each: {"debtor>creditor kind": fen})
EDGES = [
    ("under F2 the debtor is who sold the oldest lot, and that is the one whose top-up came first (rule 8)",
     [card("F2")], {"A": [topup(100)], "B": [topup(100)], "C": [spend(100)]}, ("ABC", "BAC"),
     ({"A>C principal": 100}, {"B>C principal": 100})),
    ("the fee is on lots that another participant sold (rule 11)",
     [card("F1o", fee="1%")], {"A": [topup(100), spend(100)], "B": [topup(100)]}, ("AB", "BA"),
     ({"HQ>A principal": 100}, {"HQ>A principal": 100, "A>HQ fee": 1})),
    ("a refund takes earned points back as far as they are left (rule 24)",
     [POINTS], {"A": [{"type": "points_grant", "member": "62", "product": "points", "points": 5, "reason": "gift"}],
                "B": [{"type": "sale", "member": "62", "gross_fen": 5, "pay": [{"with": "cash", "amount_fen": 5}],
                       "earn": [{"product": "points", "points": 5}]},
                      {"type": "refund", "of": "B:1:1", "amount_fen": 5}],
                "C": [{"type": "sale", "member": "62", "gross_fen": 5, "pay": [
                    {"with": "points", "product": "points", "points": 5, "amount_fen": 5}]}]}, ("ABC", "CBA"),
     ({"A>FUND points_issue": 5, "B>FUND points_issue": 5, "FUND>B points_issue back": 5, "FUND>C points_redeem": 5},
      {"A>FUND points_issue": 5, "B>FUND points_issue": 5, "FUND>C points_redeem": 5})),
    ("a pack's price telescopes over its uses (rule 7)",
     [{"id": "wash", "kind": "pack", "model": "F2"}],
     {"A": [{"type": "pack_sale", "member": "62", "product": "wash", "pack": "w1", "price_fen": 3, "uses": 2}],
      "B": [wash(1)], "C": [wash(1)]}, ("ABC", "ACB"),
     ({"A>B pack": 1, "A>C pack": 2}, {"A>B pack": 2, "A>C pack": 1})),
    ("commission comes back for the top-ups whose lots are left (rule 14)",
     [card("F1", commission="1%")],
     {"A": [topup(49)], "B": [topup(51)], "C": [spend(49), {"type": "cashout", "member": "62", "product": "card",
                                                            "amount_fen": 51}]}, ("ABC", "BAC"),
     ({"A>HQ principal": 49, "B>HQ principal": 51, "HQ>B commission": 1, "HQ>C principal": 49, "HQ>C cashout": 51,
       "B>HQ commission back": 1},
      {"A>HQ principal": 49, "B>HQ principal": 51, "HQ>B commission": 1, "HQ>C principal": 49, "HQ>C cashout": 51})),
]


def written(edge):
    """(alliance as data, alliance, files, two plays): everything in one day, the members enrolled at Z before."""
    _, products, streams, orders, _ = edge
    stores = list(streams) + ["Z"]
    rows = [restricted.Restricted.row(s, s, "franchise") for s in stores]
    rows += [restricted.Restricted.row("", p, r) for p, r in (("HQ", "hq"), ("FUND", "fund"))]
    data = {"alliance": {"id": "demo", "name": "demo", "stores": "stores.csv"}, "products": products,
            "stores_csv": rows}
    files = {}
    for store, told in {**streams, "Z": [{"type": "enrol", "member": "62"}]}.items():
        files[store] = [json.dumps({**e, "terminal": "1", "number": n, "at": "2026-03-02T10:00:00+08:00"})
                        for n, e in enumerate(told, 1)]
    alliance = Alliance(data)
    items = arrival.streams_of(files, alliance)
    plays = [[arrival.Batch(s, items[s], items["Z"][0].instant + i) for i, s in enumerate("Z" + order)]
             for order in orders]
    return data, alliance, files, plays


def matrix(out):
    return {"%s>%s %s%s" % (m["debtor"], m["creditor"], m["kind"], " back" if m["reversal"] else ""): m["amount_fen"]
            for m in out.report["matrix"]}


def problem(edge, outs):
    name, _, _, orders, wanted = edge
    for out, order, want in zip(outs, orders, wanted):
        if not out.complete:
            return "%s: the order %s is not complete" % (name, order)
        if matrix(out) != want:
            return "%s: the order %s gives %s" % (name, order, matrix(out))
    if same.claims_by_event(outs[0]) == same.claims_by_event(outs[1]) or not same.matrix_differs(*outs):
        return "%s: the comparison sees no difference" % name
    return ""
