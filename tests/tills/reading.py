"""The samples of deploy/tills read a second time, by hand: what each row means, written down without mapping files."""
import csv
import datetime
import decimal
import io

ZONE = datetime.timezone(datetime.timedelta(hours=8))


def fen(text):
    return int(decimal.Decimal(text) * 100)


def at(moment):
    text = moment.astimezone(ZONE).isoformat(timespec="milliseconds")
    return text.replace(".000", "")


def paid(pairs):
    """Pay lines of the amounts that are there."""
    return [dict(line, amount_fen=fen(text)) for line, text in pairs if text and fen(text)]


def wide(data):
    events = []
    for row in csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")):
        if row["流水号"] == "合计":
            continue
        text = row["时间"] if row["时间"].count(":") == 2 else row["时间"] + ":00"
        event = {"terminal": row["机号"], "number": int(row["流水号"]), "channel": "pos",
                 "at": at(datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE)),
                 "operator": {"张": "op1", "李": "op2"}[row["收银员"]]}
        if row["卡号"]:
            event["member"] = row["卡号"]
        cash = [({"with": "cash"}, row["现金"]), ({"with": "wechat"}, row["微信"])]
        if row["类型"] == "办卡":
            event["type"] = "enrol"
        elif row["类型"] == "充值":
            event.update(type="topup", product="card", principal_fen=fen(row["本金"]), pay=paid(cash))
            if row["赠送金"]:
                event["bonus_fen"] = fen(row["赠送金"])
                event["offer"] = {"充500送100": "500-100"}[row["方案"]]
        elif row["类型"] == "消费":
            pay = paid([({"with": "stored_value", "product": "card"}, row["储值"]),
                        ({"with": "points", "product": "points", "points": int(row["抵用积分"])}, row["积分抵现"])])
            if row["次数"]:
                pay.append({"with": "pack", "pack": row["次卡号"], "uses": int(row["次数"])})
            event.update(type="sale", gross_fen=fen(row["应收"]), pay=pay + paid(cash))
        elif row["类型"] == "售次卡":
            event.update(type="pack_sale", product="wash", pack=row["次卡号"], uses=int(row["次数"]),
                         price_fen=fen(row["应收"]), pay=paid(cash))
        else:
            event.update(type="refund", of="A:1:" + row["原流水号"], amount_fen=-fen(row["应收"]))
        events.append(event)
    return events


def rows(data):
    means = {"储值卡": "stored_value", "现金": "cash", "微信": "wechat", "支付宝": "alipay", "银行卡": "card"}
    receipts = {}
    for row in csv.DictReader(io.StringIO(data.decode("gb18030"), newline="")):
        receipts.setdefault(row["小票号"], []).append(row)
    events = []
    for receipt, group in receipts.items():
        first = group[0]
        year, month, day = map(int, first["日期"].split("/"))
        hour, minute = map(int, first["时间"].split(":"))
        event = {"terminal": first["收银台"], "receipt": receipt,
                 "at": at(datetime.datetime(year, month, day, hour, minute, tzinfo=ZONE))}
        if first["会员卡"]:
            event["member"] = first["会员卡"]
        of_kind = lambda kind: [row for row in group if row["行"] == kind]
        pay = []
        for row in of_kind("收款"):
            line = {"with": means[row["付款方式"]], "amount_fen": fen(row["金额"])}
            if line["with"] == "stored_value":
                line["product"] = "card"
            pay.append(line)
        goods = [fen(row["金额"]) for row in of_kind("商品")]
        if first["单据"] == "充值":
            event.update(type="topup", product="card", principal_fen=fen(of_kind("充值")[0]["金额"]), pay=pay)
        else:
            event.update(type="sale", gross_fen=sum(goods), pay=pay, lines=[
                {"category": {"食品": "food", "日用": "daily"}[row["品类"]], "amount_fen": fen(row["金额"])}
                for row in of_kind("商品")])
        events.append(event)
    return events


def codes(data):
    text = data.decode("utf-8").split("\n", 2)[2]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    names = [name.strip() for name in next(reader)]
    events = []
    for cells in reader:
        row = {name: cell.strip() for name, cell in zip(names, cells)}
        event = {"terminal": row["TERM"], "number": int(row["SEQ"]),
                 "at": at(datetime.datetime.fromisoformat(row["TS"].replace("Z", "+00:00"))),
                 "channel": {"P": "pos", "H": "handheld", "Q": "qr"}[row["CHAN"]]}
        if row["CARD"]:
            event["member"] = row["CARD"]
        if row["OPER"]:
            event["operator"] = row["OPER"]
        if row["TYPE"] in ("10", "20"):
            line = {"with": {"S": "stored_value", "C": "cash", "W": "wechat"}[row["TENDER"]],
                    "amount_fen": int(row["AMOUNT"])}
            if line["with"] == "stored_value":
                line["product"] = "card"
            event["pay"] = [line]
        if row["TYPE"] == "10":
            event.update(type="topup", product="card", principal_fen=int(row["AMOUNT"]),
                         card_kind={"N": "named", "A": "anonymous"}[row["KIND"]])
        elif row["TYPE"] == "20":
            event.update(type="sale", gross_fen=int(row["AMOUNT"]))
        elif row["TYPE"] == "21":
            event.update(type="refund", of=row["ORIG"], amount_fen=int(row["AMOUNT"]))
        elif row["TYPE"] == "29":
            event.update(type="void", of=row["ORIG"])
        elif row["TYPE"] == "30":
            event.update(type="cashout", product="card", amount_fen=int(row["AMOUNT"]))
        else:
            event.update(type="points_grant", product="points", points=int(row["AMOUNT"]), reason=row["NOTE"])
        events.append(event)
    return events


SAMPLES = {"wide": wide, "rows": rows, "codes": codes}
