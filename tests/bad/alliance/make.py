#!/usr/bin/env python3
"""Malformed alliance files: each is the sample with one named change, and the complaint that it must
bring. Without arguments: list the cases. `make.py CHECKER DIR`: write each into DIR, run CHECKER on it
and compare (exit 0 when all are refused as told, else 1)."""
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SAMPLE = HERE.parents[2] / "deploy" / "samples" / "f1"
GOOD_STORES = (SAMPLE / "stores.csv").read_bytes()

# A file that uses every key once, so that each can be broken.
GOOD = """\
alliance = {
    id = "demo";
    name = "One card for all";
    zone = "+08:00";
    day_start = "00:00";
    max_late_days = 30; dispute_days = 10;
    stores = "stores.csv";
};
products = (
    {
        id = "card"; kind = "stored_value"; from = "2026-01-01"; to = "2026-12-31";
        model = "F1";
        principal_rate = "100%";
        bonus_rate = "50%";
        fee = "0.6%";
        fee_payee = "HQ";
        fee_refundable = false;
        commission = "1%";
        unlinked_refund = true;
    },
    {
        id = "points"; kind = "points";
        model = "PF";
        issue_price = "1.2";
        redeem_price = "1.0";
        fund = "FUND";
        beneficiary = "HQ";
        valid_days = 365;
        earn = {
            rate = "1";
            funder = "$store";
            multipliers = (
                {
                    id = "double";
                    times = "2";
                    funder = "HQ";
                    from = "2026-03-01"; to = "2026-03-31";
                    weekdays = ("tue", "wed");
                    stores = ("A", "B");
                    campaign = "spring";
                }
            );
        };
    },
    {
        id = "wash"; kind = "pack";
        model = "F2";
        rate = "90%";
    },
    {
        id = "gift"; kind = "points";
        model = "PR";
        redeem_price = "0.5";
    }
);
offers = (
    {
        id = "500-100";
        product = "card";
        from = "2026-01-01"; to = "2026-06-30";
        commission = "0.5%";
        funders = ( { who = "HQ"; share = "40%"; }, { who = "$store"; share = "60%"; } );
        tiers = ( { pay = "500.00"; bonus = "100.00"; every = true; }, { pay = "1000.00"; bonus = "25%"; } );
    }
);
discounts = ( { id = "member-day"; funders = ( { who = "HQ"; share = "100%"; } ); } );
campaigns = ( { id = "spring"; funder = "HQ"; from = "2026-03-01"; to = "2026-05-31"; } );
"""

CASES = []  # (name, alliance.conf, stores.csv, file, line, column or None, part of the message)


def place_of(text, part):
    """Line and column (from 1) of the first place where part stands."""
    at = text.index(part)
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


def conf(name, old, new, says, at=None, column=True):
    """Replace one text of GOOD. `at`: a text of the changed file where the complaint points
    (default: the first word of the replacement)."""
    assert GOOD.count(old) >= 1, (name, old)
    text = GOOD.replace(old, new, 1)
    if at is None:
        at = new
    line, col = place_of(text, at)
    if isinstance(column, int) and not isinstance(column, bool):
        col = column
    CASES.append((name, text.encode(), GOOD_STORES, "alliance.conf", line, col if column else None, says))


def raw_conf(name, data, line, col, says):
    CASES.append((name, data, GOOD_STORES, "alliance.conf", line, col, says))


def stores(name, data, line, col, says):
    if isinstance(data, str):
        data = data.encode()
    CASES.append((name, GOOD.encode(), data, "stores.csv", line, col, says))


def value(key, old, bad, says):
    """Break `key = old;` once for every bad value; the complaint points at the key."""
    for i, (new, more) in enumerate(bad):
        conf(f"{key}-{i + 1}", f"{key} = {old}", f"{key} = {new}", more if more else says)


# Types and forms ---------------------------------------------------------------------------------

RATE = 'a rate is a string such as "0.6%"'
for key, good in (("principal_rate", '"100%"'), ("bonus_rate", '"50%"'), ("fee", '"0.6%"'),
                  ("commission", '"1%"'), ("rate", '"90%"')):
    value(key, good, (
        ("0.6", RATE + ", at most four decimals (found the number 0.6)"),
        ("1", RATE + ", at most four decimals (found the number 1)"),
        ("true", "(found true)"),
        ('"0.6"', '(found "0.6")'),
        ('"0.00001%"', None),
        ('"-1%"', None),
        ('"100.0001%"', "must be from 0% to 100%"),
        ('( "1%" )', "(found a list)"),
    ), RATE)
value("pay", '"500.00"', (
    ("500", "money is a string in yuan such as \"500.00\", at most 10000000000.00 (found the number 500)"),
    ("500.0", "(found the number 500.0)"),
    ('"500.001"', None), ('"5e2"', None), ('""', None), ('"-500"', None), ('"500,00"', None),
    ('" 500"', None), ('"10000000000.01"', None), ('"\\xef\\xbc\\x95"', None),
    ('"0"', "must be more than 0"),
), "money is a string in yuan")
value("bonus", '"100.00"', (
    ("100", "(found the number 100)"), ('"1000.0001%"', None), ('"1001%"', None), ('"%"', None),
    ('"x"', None), ("false", "(found false)"),
), "a bonus is a string with money")
value("issue_price", '"1.2"', (
    ("1.2", "(found the number 1.2)"), ('"1.2345"', None), ('"1000001"', None), ('"-1"', None),
), "a point's price is a string in fen")
value("redeem_price", '"1.0"', (
    ("1", "(found the number 1)"), ('"1.0000"', None), ('"1.201"', "must not be above issue_price"),
    ('"x"', None),
), "a point's price is a string in fen")
value("valid_days", "365", (
    ("0", None), ("36501", None), ("-1", None), ('"365"', '(found "365")'), ("365.0", None),
    ("99999999999999999999L", None), ("true", None),
), "must be a whole number from 1 to 36500")
value("max_late_days", "30", (
    ("0", None), ("367", None), ('"30"', '(found "30")'), ("1.5", "(found the number 1.5)"),
), "must be a whole number from 1 to 366")
value("dispute_days", "10", (
    ("-1", None), ("367", None), ('"10"', '(found "10")'), ("1.5", "(found the number 1.5)"),
), "must be a whole number from 0 to 366")
value("zone", '"+08:00"', (
    ("8", "(found the number 8)"), ('"08:00"', None), ('"+8:00"', None), ('"+14:01"', None),
    ('"+08:60"', None), ('"Asia/Shanghai"', None), ('"-23:00"', None), ('"+08:00:00"', None),
), "a zone is a string with an offset")
value("day_start", '"00:00"', (
    ("0", "(found the number 0)"), ('"24:00"', None), ('"4:00"', None), ('"04.00"', None),
    ('"04:60"', None), ('""', None),
), "a time is a string")
value("name", '"One card for all"', (
    ("7", "must be a string"), ('"' + "x" * 141 + '"', "at most 140 bytes (found 141)"),
    ('"a\\nb"', "control characters"), ('"\\xff"', "control characters"),
), "")
value("fee_refundable", "false", (
    ('"false"', '(found "false")'), ("0", "(found the number 0)"),
), "must be true or false")
value("unlinked_refund", "true", (('"yes"', None), ("1", None)), "must be true or false")
value("every", "true", (('"true"', None),), "must be true or false")
value("times", '"2"', (
    ("2", "(found the number 2)"), ('"0.5"', "must be from 1 to 100"),
    ('"100.000001"', "must be from 1 to 100"), ('"2.0000001"', None), ('"2x"', None),
), "must be a string with a plain number")
conf("earn-rate-number", 'rate = "1"', "rate = 1", "(found the number 1)")
conf("earn-rate-zero", 'rate = "1"', 'rate = "0"', "must be from 0.000001 to 1000")
conf("earn-rate-high", 'rate = "1"', 'rate = "1000.000001"', "must be from 0.000001 to 1000")
DATE = 'a date is a string "YYYY-MM-DD"'
for i, (new, more) in enumerate((
        ("20260101", "(found the number 20260101)"), ('"2026-1-1"', None), ('"2026-02-29"', None),
        ('"2026-13-01"', None), ('"1969-12-31"', None), ('"2026/01/01"', None), ('""', None),
        ('"2027-01-01"', None))):
    if new == '"2027-01-01"':
        conf("from-after-to", 'from = "2026-01-01"', f"from = {new}", '"to" is before "from"',
             at='to = "2026-12-31"')
    else:
        conf(f"from-{i + 1}", 'from = "2026-01-01"', f"from = {new}", more if more else DATE)
conf("to-bad", 'to = "2026-12-31"', 'to = "2026-12-32"', DATE)
conf("offer-to-before-from", 'to = "2026-06-30"', 'to = "2025-06-30"', '"to" is before "from"')
conf("campaign-to-before-from", 'to = "2026-05-31"', 'to = "2026-02-28"', '"to" is before "from"')
conf("multiplier-to-before-from", 'to = "2026-03-31"', 'to = "2026-02-28"', '"to" is before "from"')

# Codes and names -----------------------------------------------------------------------------------

for i, bad in enumerate(('""', '"-x"', '"a b"', '"' + "x" * 33 + '"', '"卡"', "5", '"a.b"')):
    conf(f"id-{i + 1}", 'id = "card"', f"id = {bad}", "a code is a string of 1 to 32 letters")
conf("alliance-id", 'id = "demo"', 'id = "demo!"', "alliance.id: a code is")
conf("product-twice", 'id = "wash"', 'id = "card"', 'products.card.id: "card" is there already',
     at='id = "card"; kind = "pack"')
conf("multiplier-id", 'id = "double"', 'id = "double day"', "a code is")
conf("offer-id", 'id = "500-100"', 'id = "500+100"', "a code is")
conf("fund-unknown", 'fund = "FUND"', 'fund = "FOUND"', 'there is no participant "FOUND"')
conf("fund-relation", 'fund = "FUND"', 'fund = "$store"', "a code is")
conf("payee-unknown", 'fee_payee = "HQ"', 'fee_payee = "hq"', 'there is no participant "hq"')
conf("beneficiary-unknown", 'beneficiary = "HQ"', 'beneficiary = "X"', 'there is no participant "X"')
conf("funder-unknown", 'funder = "HQ"', 'funder = "HX"', 'there is no participant "HX"')
conf("funder-relation", 'funder = "HQ"', 'funder = "$shop"', '"$store", "$issuer" or "$home"')
conf("funder-list", 'funder = "HQ"', 'funder = ("HQ")', "(found a list)")
conf("who-unknown", 'who = "HQ"', 'who = "H"', 'there is no participant "H"')
conf("who-number", 'who = "HQ"', "who = 1", "(found the number 1)")
conf("kind-unknown", 'kind = "stored_value"', 'kind = "stored-value"', 'did you mean "stored_value"?')
conf("kind-number", 'kind = "pack"', "kind = 3", "must be a string")
conf("model-unknown", 'model = "F1"', 'model = "F3"', '"F3" is not known')
conf("model-case", 'model = "F1"', 'model = "f1"', 'did you mean "F1"?')
conf("model-of-points", 'model = "PF"', 'model = "F1"', '"F1" is not known', at='model = "F1";\n        issue')
conf("model-of-value", 'model = "F2"', 'model = "PF"', '"PF" is not known', at='model = "PF";\n        rate')
conf("weekday", '"tue"', '"tuesday"', '"tuesday" is not known, known are mon, tue')
conf("weekday-number", '"tue"', "2", "must be a string", at="2, \"wed\"")
conf("weekday-twice", '"tue", "wed"', '"wed", "wed"', '"wed" stands here twice', at='"wed" )'.replace(" ", ""))
conf("weekdays-empty", '("tue", "wed")', "()", "at least one day", at="weekdays")
conf("weekdays-string", '("tue", "wed")', '"tue"', "must be a list", at="weekdays")
conf("store-unknown", '("A", "B")', '("A", "D")', 'there is no store "D"', at='"D"')
conf("store-no-code", '("A", "B")', '("A", "B C")', "must be a store's code", at='"B C"')
conf("store-twice", '("A", "B")', '("B", "B")', '"B" stands here twice', at='"B")')
conf("stores-empty", '("A", "B")', "( )", "at least one store", at="stores = ( )")
conf("campaign-unknown", 'campaign = "spring"', 'campaign = "sprung"', 'there is no campaign "sprung"')
conf("offer-product", 'product = "card"', 'product = "cart"', 'there is no product "cart"')
conf("offer-pack", 'product = "card"', 'product = "wash"', '"wash" is not stored value')
conf("offer-points", 'product = "card"', 'product = "points"', '"points" is not stored value')

# What goes together --------------------------------------------------------------------------------

conf("shares-99", 'share = "40%"', 'share = "39%"', "the shares must sum to 100% (found 99%)", at="funders = (")
conf("shares-101", 'share = "60%"', 'share = "61%"', "the shares must sum to 100% (found 101%)", at="funders = (")
conf("share-zero", 'share = "40%"', 'share = "0%"', "a share is more than 0%")
conf("share-number", 'share = "40%"', "share = 40", RATE)
conf("share-fine", 'share = "40%"', 'share = "39.99999%"', RATE)
conf("discount-share", 'share = "100%"', 'share = "99.9999%"', "(found 99.9999%)", at='funders = ( { who = "HQ"; share = "99')
conf("funders-empty", 'funders = ( { who = "HQ"; share = "40%"; }, { who = "$store"; share = "60%"; } )',
     "funders = ( )", "at least one")
conf("funders-string", 'funders = ( { who = "HQ"; share = "100%"; } )', 'funders = "HQ"', "must be a list")
conf("funders-codes", 'funders = ( { who = "HQ"; share = "100%"; } )', 'funders = ( "HQ" )',
     "must be a group { ... } (found \"HQ\")", at='"HQ" ); } );')
conf("funders-17", 'funders = ( { who = "HQ"; share = "100%"; } )',
     "funders = ( " + ", ".join(['{ who = "HQ"; share = "5%"; }'] * 17) + " )", "may be there (found 17)")
conf("tiers-empty", 'tiers = ( { pay = "500.00"; bonus = "100.00"; every = true; }, { pay = "1000.00"; bonus = "25%"; } )',
     "tiers = ( )", "at least one")
conf("tiers-17", 'tiers = ( { pay = "500.00"; bonus = "100.00"; every = true; }, { pay = "1000.00"; bonus = "25%"; } )',
     "tiers = ( " + ", ".join('{ pay = "%d"; bonus = "1"; }' % (i + 1) for i in range(17)) + " )",
     "at most 16 may be there (found 17)")
conf("tier-equal", 'pay = "1000.00"', 'pay = "500"', "must be more than in the tier before")
conf("tier-falling", 'pay = "1000.00"', 'pay = "499.99"', "must be more than in the tier before")
conf("every-percent", 'bonus = "25%"', 'bonus = "25%"; every = true', "goes with a bonus in money only",
     at="every = true; } )")
conf("commission-f1o", 'model = "F1"', 'model = "F1o"', 'a commission is paid only under model "F1"', at='commission = "1%"')
conf("commission-f2", 'model = "F1"', 'model = "F2"', 'a commission is paid only under model "F1"', at='commission = "1%"')
conf("commission-f4", 'model = "F1"', 'model = "F4"', 'a commission is paid only under model "F1"', at='commission = "1%"')
conf("commission-pack", 'rate = "90%"', 'rate = "90%"; commission = "1%"', "a commission is paid only", at='commission = "1%"; \n'.strip() + "\n    },\n    {\n        id = \"gift\"")
conf("pr-issue", 'redeem_price = "0.5"', 'redeem_price = "0.5"; issue_price = "1"', 'not allowed under model "PR"', at='issue_price = "1"; \n'.strip() + "\n    }\n")
conf("pr-fund", 'redeem_price = "0.5"', 'redeem_price = "0.5"; fund = "FUND"', 'not allowed under model "PR"', at='fund = "FUND";\n    }\n')
conf("pr-beneficiary", 'redeem_price = "0.5"', 'redeem_price = "0.5"; beneficiary = "HQ"', 'not allowed under model "PR"', at='beneficiary = "HQ";\n    }\n')
conf("multipliers-5", "multipliers = (\n", "multipliers = ( " + " ".join('{ id = "m%d"; times = "2"; },' % i for i in range(4)) + "\n",
     "at most 4 may be there (found 5)", at="multipliers")
conf("multiplier-twice", "multipliers = (\n", 'multipliers = ( { id = "double"; times = "3"; },\n', '"double" is there already', at='id = "double";\n')
conf("products-257", "products = (\n", "products = (\n" + "".join('{ id = "p%d"; kind = "pack"; model = "F2"; },\n' % i for i in range(253)),
     "at most 256 may be there (found 257)", at="products")
conf("discount-twice", "discounts = (", 'discounts = ( { id = "member-day"; funders = ( { who = "HQ"; share = "100%"; } ); },',
     '"member-day" is there already', at='id = "member-day"; funders = ( { who = "HQ"; share = "100%"; } ); } );')
conf("campaign-twice", "campaigns = (", 'campaigns = ( { id = "spring"; },', '"spring" is there already', at='id = "spring"; funder')
conf("offer-twice", "offers = (\n", 'offers = (\n{ id = "500-100"; product = "card"; funders = ( { who = "HQ"; share = "100%"; } ); tiers = ( { pay = "1"; bonus = "1"; } ); },\n',
     '"500-100" is there already', at='id = "500-100";\n')

# Missing, unknown and doubled keys -----------------------------------------------------------------

for key, line, group in (
        ("id", 'id = "demo"; ', "alliance = {"), ("stores", 'stores = "stores.csv";', "alliance = {"),
        ("kind", 'kind = "stored_value"; ', '{\n        id = "card"'), ("model", 'model = "F1";', '{\n        id = "card"'),
        ("model", 'model = "F2";', '{\n        id = "wash"'),
        ("redeem_price", 'redeem_price = "1.0";', '{\n        id = "points"'),
        ("redeem_price", 'redeem_price = "0.5";', '{\n        id = "gift"'),
        ("issue_price", 'issue_price = "1.2";', '{\n        id = "points"'), ("fund", 'fund = "FUND";', '{\n        id = "points"'),
        ("rate", 'rate = "1";', "earn = {"), ("times", 'times = "2";', '{\n                    id = "double"'),
        ("product", 'product = "card";', '{\n        id = "500-100"'),
        ("who", 'who = "$store"; ', '{ share = "60%"'), ("share", ' share = "60%";', '{ who = "$store"'),
        ("pay", 'pay = "1000.00"; ', '{ bonus = "25%"'), ("bonus", ' bonus = "25%";', '{ pay = "1000.00"')):
    conf(f"missing-{key}-{re.sub('[^a-z0-9]+', '-', group + line)}",
         line if line in GOOD else line.rstrip(), "", f'the key "{key}" is missing', at=group)
conf("missing-funders", '        funders = ( { who = "HQ"; share = "40%"; }, { who = "$store"; share = "60%"; } );\n', "",
     'the key "funders" is missing', at='{\n        id = "500-100"')
conf("missing-discount-id", 'id = "member-day"; ', "", 'the key "id" is missing', at='{ funders = ( { who = "HQ"; share = "100%"')
conf("missing-campaign-id", 'id = "spring"; funder', "funder", 'the key "id" is missing', at='{ funder = "HQ"; from = "2026-03-01"; to = "2026-05-31"')
conf("missing-alliance", "alliance = {", "allianz = {", 'the key "alliance" is missing', at="allianz")
conf("unknown-top", "discounts = (", "discount = (", 'unknown key, did you mean "discounts"?')
conf("unknown-far", "discounts = (", "quux = (", "unknown key, known are alliance, products, offers")
for key, wrong, meant in (("max_late_days", "max_late_day", "max_late_days"), ("zone", "Zone", "zone"), ("fee", "fees", "fee"),
                          ("bonus_rate", "bonusrate", "bonus_rate"), ("valid_days", "valid-days", "valid_days"), ("every", "evry", "every"),
                          ("weekdays", "weekday", "weekdays"), ("campaign", "campain", "campaign"), ("times", "time", "times"),
                          ("unlinked_refund", "unlinked_refunds", "unlinked_refund"), ("multipliers", "multiplier", "multipliers")):
    conf(f"unknown-{wrong}", f"{key} =", f"{wrong} =", f'unknown key, did you mean "{meant}"?')
conf("unknown-of-kind", 'rate = "90%"', 'bonus_rate = "90%"', "products.wash.bonus_rate: unknown key", at='bonus_rate = "90%"')
conf("unknown-unlinked", 'rate = "90%"', 'rate = "90%"; unlinked_refund = true', "products.wash.unlinked_refund: unknown key",
     at="unlinked_refund = true;\n    },\n    {\n        id = \"gift\"")
conf("unknown-fee-of-points", 'redeem_price = "0.5"', 'redeem_price = "0.5"; fee = "1%"', "products.gift.fee: unknown key", at='fee = "1%"')
for key, at in (("id", 'id = "demo";'), ("fee", 'fee = "0.6%";'), ("pay", 'pay = "500.00";'), ("who", 'who = "HQ";')):
    text = GOOD.replace(at, at + " " + at, 1)
    line, col = place_of(text, at)
    raw_conf(f"twice-{key}", text.encode(), line, col + len(at) + 1, f'the key "{key}" stands here twice')
conf("twice-top", "campaigns = (", "offers = (", 'the key "offers" stands here twice (first in line 56)', at="offers = ( {")

# Shapes and syntax ---------------------------------------------------------------------------------

raw_conf("empty", b"", 1, 1, 'the key "alliance" is missing')
raw_conf("only-comment", b"# nothing\n", 1, 1, 'the key "products" is missing')
conf("alliance-string", 'alliance = {', 'alliance = "x"; other = {', "must be a group { ... } (found \"x\")", at="alliance")
raw_conf("products-empty", GOOD[:GOOD.index("products")].encode() + b"products = ( );\n", 9, 1, "at least one must be there")
raw_conf("products-group", GOOD[:GOOD.index("products")].encode() + b"products = { };\n", 9, 1, "must be a list ( ... ) (found a group)")
raw_conf("products-strings", GOOD[:GOOD.index("products")].encode() + b'products = ( "card" );\n', 9, 14, 'must be a group { ... } (found "card")')
raw_conf("products-array", GOOD[:GOOD.index("products")].encode() + b'products = [ 1 ];\n', 9, 14, "(found the number 1)")
conf("earn-string", "earn = {", 'earn = "1"; x = {', "must be a group", at="earn")
raw_conf("include", b'@include "other.conf"\n' + GOOD.encode(), 1, 1, "@include is not allowed")
conf("include-inside", 'model = "F1";', '@include "x"', "@include is not allowed")
conf("include-value", 'model = "F1";', 'model = @include "x";', "@include is not allowed", at='@include')
conf("bare-rate", '"0.6%"', "0.6%", 'text stands in quotes: "0.6%"', at="0.6%")
conf("bare-date", '"2026-01-01"', "2026-01-01", 'text stands in quotes: "2026-01-01"', at="2026-01-01")
conf("bare-word", '"stored_value"', "stored_value", 'text stands in quotes: "stored_value"', at="stored_value")
conf("bare-zone", '"+08:00"', "+08:00", 'text stands in quotes: "+08:00"', at="+08:00")
conf("bare-chinese", '"One card for all"', "一卡通", 'text stands in quotes: "一卡通"', at="一卡通")
conf("full-width-semicolon", '"F1";', '"F1"；', "which may stand only in quotes and comments", at="；")
conf("full-width-quote", '"F1"', "“F1”", "text stands in quotes", at="“F1”")
conf("full-width-equals", 'fee = "0.6%"', 'fee ＝ "0.6%"', '"=" after a key expected (found "＝"', at="＝")
conf("no-equals", 'fee = "0.6%"', 'fee "0.6%"', '"=" after a key expected', at='"0.6%"')
conf("no-value", 'fee = "0.6%"', "fee = ", "a value expected (found \";\")", at=';\n        fee_payee')
conf("two-semicolons", '"0.6%";', '"0.6%";;', 'a key or "}" expected (found ";")', at=";\n        fee_payee")
conf("open-string", '"0.6%"', '"0.6%', "the closing quote is missing", at='"0.6%')
conf("string-over-lines", '"One card for all"', '"One card\nfor all"', "the closing quote is missing", at='"One card')
conf("nul-escape", '"One card for all"', '"One\\x00card"', "a text has no NUL characters", at="\\x00")
conf("open-comment", "products = (", "/* products = (", "this comment has no end", at="/*")
conf("wrong-closer", '            );\n        };', '            };\n        };', '"," or ")" expected (found "}")', at="};\n        };")
raw_conf("open-group", GOOD.encode() + b"extra = {\n", GOOD.count("\n") + 1, 9, 'the "}" for this "{" is missing')
raw_conf("open-group-value", GOOD.encode() + b"extra = { a = 1\n", GOOD.count("\n") + 1, 9, 'the "}" for this "{" is missing')
raw_conf("open-list", GOOD.encode() + b"extra = ( 1\n", GOOD.count("\n") + 1, 9, 'the ")" for this "(" is missing')
raw_conf("closer-too-many", GOOD.encode() + b"};\n", GOOD.count("\n") + 1, 1, "a key expected (found \"}\")")
raw_conf("json", b'{"alliance": {}}\n', 1, 1, "a key expected (found \"{\")")
raw_conf("yaml", b"alliance:\n  id: demo\n", 2, 3, "text stands in quotes: \"id:\"")
raw_conf("deep", b"a = " + b"(" * 1000 + b")" * 1000 + b";\n", 1, 28, "nested too deeply")
raw_conf("many-keys", b"".join(b"k%d = 1;\n" % i for i in range(65)), 65, 1, "at most 64 keys")
conf("list-no-comma", '"tue", "wed"', '"tue" 5', '"," or ")" expected (found "5")', at="5)")
conf("list-half", '("tue", "wed")', '("tue", , "wed")', "a value expected (found \",\")", at=', "wed"')
conf("mixed-array", '("tue", "wed")', '["tue", 1]', "mismatched element type in array", at="weekdays")
conf("number-junk", "365", "365days", 'text stands in quotes: "365days"', at="365days")
raw_conf("not-utf8", GOOD.replace("One card", "城东").encode("gb18030"), 3, 13, "is not UTF-8 from here on")
raw_conf("nul", GOOD.encode().replace(b"One card", b"One\0card"), 3, 16, "a NUL byte stands here")
raw_conf("utf16", GOOD.encode("utf-16"), None, None, "is UTF-16")
raw_conf("too-large", GOOD.encode() + b"#" * (4 << 20), None, None, "is larger than 4194304 bytes")
for i, bad in enumerate(('"../stores.csv"', '""', '".."', '"/etc/passwd"', "1")):
    conf(f"stores-name-{i + 1}", 'stores = "stores.csv"', f"stores = {bad}", "must be the name of a CSV file beside this one")
CASES.append(("stores-absent", GOOD.replace('"stores.csv"', '"none.csv"').encode(), GOOD_STORES, "none.csv", None, None,
              "cannot be read: No such file"))
CASES.append(("stores-directory", GOOD.replace('"stores.csv"', '"sub"').encode(), GOOD_STORES, "sub", None, None,
              "is not a regular file"))

# stores.csv ----------------------------------------------------------------------------------------

HEAD = "store,participant,party,role,name,opened,closed\n"
BASE = HEAD + ",HQ,,hq,,,\n,FUND,,fund,,,\nA,A,P1,franchise,East,2026-01-01,\nB,B,,franchise,,,2026-12-31\nC,C,,franchise,,,\n"


def csv(name, old, new, says, at=None, col=None):
    assert BASE.count(old) >= 1, (name, old)
    text = BASE.replace(old, new, 1)
    line, column = place_of(text, at if at is not None else new)
    stores(name, text, line, col if col else column, says)


stores("csv-empty", "", 1, 1, "is empty")
stores("csv-blank", "\n,,,\n\n", 1, 1, "is empty")
stores("csv-semicolons", BASE.replace(",", ";"), 1, 1, "must be separated by commas")
stores("csv-tabs", BASE.replace(",", "\t"), 1, 1, "must be separated by commas")
stores("csv-head-only", HEAD, 1, 1, "exactly one participant must be hq")
stores("csv-no-head", BASE[len(HEAD):], 1, 1, 'unknown column ""')
csv("csv-column-unknown", "closed\n", "close\n", 'unknown column "close", did you mean "closed"?')
csv("csv-column-case", "store,", "Store,", 'unknown column "Store", did you mean "store"?')
csv("csv-column-chinese", "store,", "门店,", 'unknown column "门店"')
csv("csv-column-twice", "opened,", "name,", 'the column "name" stands here twice', at="name,closed")
csv("csv-column-extra", "closed\n", "closed,extra\n", 'unknown column "extra"', at="extra")
csv("csv-column-space", ",role", ", role", 'unknown column " role"', at=" role")
for i, column in enumerate(("store", "participant", "party", "role", "name", "opened", "closed")):
    cut = "\n".join(",".join(c for k, c in enumerate(l.split(",")) if k != i) for l in BASE.split("\n"))
    stores(f"csv-column-missing-{column}", cut, 1, 1, f'the column "{column}" is missing')
csv("csv-short-row", "B,B,,franchise,,,2026-12-31", "B,B,,franchise", "this row has 4 cells, the header 7")
csv("csv-long-row", "B,B,,franchise,,,2026-12-31", "B,B,,franchise,,,2026-12-31,", "this row has 8 cells, the header 7")
csv("csv-very-long-row", "B,B,,", "B,B," + "," * 40, "this row has 46 cells, the header 7")
csv("csv-store-code", "B,B,,fr", "B 1,B,,fr", 'store: a code is 1 to 32 letters, digits, _ and -, the first a letter or digit (found "B 1")')
csv("csv-store-space", "B,B,,fr", "B ,B,,fr", "store: a code is")
csv("csv-store-chinese", "B,B,,fr", "店,B,,fr", "store: a code is")
csv("csv-store-long", "B,B,,fr", "x" * 33 + ",B,,fr", "store: a code is")
csv("csv-store-twice", "B,B,,fr", "A,B,,fr", 'store: "A" is there already (line 4)', at="A,B,,fr")
csv("csv-participant-empty", "B,B,,fr", "B,,,fr", "participant: a code is", at=",,fr")
csv("csv-participant-code", "B,B,,fr", "B,$B,,fr", "participant: a code is", at="$B")
csv("csv-participant-twice", ",FUND,,fund,,,\n", ",FUND,,fund,,,\n,FUND,,,,,\n", 'has a row without a store already (line 3)', at="FUND,,,,,")
csv("csv-party-code", "P1", "P.1", "party: a code is")
csv("csv-party-differs", "C,C,,franchise", "C,A,P2,franchise", "party: P2 here, but P1 in line 4", at="P2")
csv("csv-role-unknown", "C,C,,franchise", "C,C,,franchisee", 'role: "franchisee" is not known, did you mean "franchise"?', at="franchisee")
csv("csv-role-case", ",hq,", ",HQ,", 'role: "HQ" is not known', at="HQ,,,\n")
csv("csv-role-chinese", ",hq,", ",总部,", 'role: "总部" is not known', at="总部")
csv("csv-role-missing", "C,C,,franchise", "C,C,,", 'role: no row says what "C" is', at="C,,,", col=3)
csv("csv-role-differs", "C,C,,franchise", "C,A,,owned", "role: owned here, but franchise in line 4", at="owned")
csv("csv-hq-none", ",hq,", ",owned,", "exactly one participant must be hq", at="store,")
csv("csv-hq-two", ",fund,", ",hq,", 'exactly one participant is hq, but "HQ" is it in line 2', at="FUND")
csv("csv-opened", "2026-01-01", "2026-1-1", "opened: a date is YYYY-MM-DD")
csv("csv-opened-slash", "2026-01-01", "2026/1/1", 'opened: a date is YYYY-MM-DD of a day that exists (found "2026/1/1")')
csv("csv-opened-absent-day", "2026-01-01", "2026-02-30", "opened: a date is")
csv("csv-closed", "2026-12-31", "31.12.2026", "closed: a date is")
csv("csv-closed-before", "2026-01-01,", "2026-01-01,2025-12-31", "closed: is before opened", at="2025-12-31")
csv("csv-own-opened", ",HQ,,hq,,,", ",HQ,,hq,,2026-01-01,", "opened: only a store has a first and a last day", at="2026-01-01")
csv("csv-own-closed", ",HQ,,hq,,,", ",HQ,,hq,,,2026-01-01", "closed: only a store has", at="2026-01-01")
csv("csv-name-long", "East", "x" * 141, "name: at most 140 bytes in UTF-8 (found 141)")
csv("csv-name-long-chinese", "East", "东" * 47, "name: at most 140 bytes in UTF-8 (found 141)")
csv("csv-name-tab", "East", "Ea\tst", "name: has no control characters")
csv("csv-name-lines", "East", '"Ea\nst"', "name: has no control characters")
csv("csv-name-control", "East", "Ea\x7fst", "name: has no control characters")
csv("csv-cr-inside", "East", "Ea\rst", "name: has no control characters")
csv("csv-quote-open", "East", '"East', "the closing quote of this cell is missing")
csv("csv-quote-after", "East", '"Ea"st', "only a comma may follow a closing quote")
csv("csv-quote-inside", "East", 'Ea"st', "a cell with a quote in it stands in quotes itself", at='"st')
csv("csv-after-quoted-lines", "2026-01-01,\n", '2026-01-01,\n"D","D","",owned,"Say ""hi"", all",,\n"D ",D,,,,,\n', "store: a code is", at='"D ",')
stores("csv-neither", BASE.replace("East", "Ea").encode().replace(b"Ea,", b"Ea\xff,"), 4, 20, "is neither UTF-8 nor GB18030")
stores("csv-nul", BASE.replace("East", "Ea\0st"), 4, 20, "a NUL byte stands here")
stores("csv-utf16", BASE.encode("utf-16"), None, None, "is UTF-16")
stores("csv-gb18030", BASE.replace("East", "城东店").replace("2026-01-01", "2026-01-32").encode("gb18030"), 4, 22, "opened: a date is")
stores("csv-bom-crlf", b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").replace("2026-01-01", "x").encode(), 4, 23, "opened: a date is")


def check(checker, where, case):
    """Returns: what is wrong, or None."""
    name, text, stores_text, file, line, col, says = case
    folder = where / re.sub(r"[^A-Za-z0-9_.-]", "_", name)
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    (folder / "alliance.conf").write_bytes(text)
    (folder / "stores.csv").write_bytes(stores_text)
    run = subprocess.run([checker, "alliance.conf"], cwd=folder, capture_output=True, timeout=60,
                         env={**os.environ, "LC_ALL": "C"})
    told = run.stderr.decode()
    if run.returncode != 65:
        return f"exit {run.returncode}, not 65: {told[-2000:]}"
    start = file + ":" + (f"{line}:" if line else "") + (f"{col}:" if col else "")
    if not any(l.startswith(start) and says in l for l in told.splitlines()):
        return f"no complaint {start} ... {says}\n    but " + told.replace("\n", "\n        ")
    return None


def good(checker, where):
    """What must be read without complaint, so that the cases above fail for their own reason."""
    whole = {"good": (GOOD, GOOD_STORES), "base": (GOOD, BASE.encode()),
             "quoted": (GOOD, BASE.replace("East", '"Ea ""st"", 1"').encode()),
             "gb18030": (GOOD, BASE.replace("East", "城东店").encode("gb18030")),
             "bom-crlf": ("\ufeff" + GOOD.replace("\n", "\r\n"), b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode()),
             "no-last-newline": (GOOD.rstrip("\n"), BASE.rstrip("\n").encode()),
             "blank-rows": (GOOD, (BASE + "\n,,,,,,\n").encode()),
             "any-order": (GOOD, b"role,closed,store,name,participant,opened,party\nhq,,,,HQ,,\nfund,,,,FUND,,\nhq,,A,,HQ,,\nowned,,B,,A,,\n"),
             "no-separators": (GOOD.replace('model = "F1";', 'model = "F" /* joined */ "1"'), GOOD_STORES),
             "colon": (GOOD.replace("fee = ", "fee : "), GOOD_STORES),
             "zero-commission-f2": (GOOD.replace('rate = "90%"', 'rate = "90%"; commission = "0%"'), GOOD_STORES)}
    for name, (text, stores_text) in whole.items():
        folder = where / ("good-" + name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "alliance.conf").write_bytes(text.encode())
        (folder / "stores.csv").write_bytes(stores_text)
        yield name, subprocess.run([checker, "alliance.conf"], cwd=folder, capture_output=True, timeout=60)
    for sample in ("f1", "f2"):
        yield sample, subprocess.run([checker, "alliance.conf"], cwd=SAMPLE.parent / sample, capture_output=True, timeout=60)


def main():
    if len(sys.argv) != 3:
        print("\n".join(case[0] for case in CASES))
        return 0
    checker, where = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    names = [case[0] for case in CASES]
    failed = [f"{n}: the name is there twice" for n in sorted(set(names)) if names.count(n) > 1]
    count = len(CASES)
    for case in CASES:
        wrong = check(checker, where, case)
        if wrong is not None:
            failed.append(f"{case[0]}: {wrong}")
    for name, run in good(checker, where):
        count += 1
        if run.returncode != 0:
            failed.append(f"good {name}: {run.stderr.decode()}")
    for line in failed:
        print("FAILED", line)
    print(f"{count - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
