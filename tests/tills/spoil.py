"""Spoilt exports: the samples many times over, with one cell or line a receipt made wrong the way spreadsheets and
people do it, and the flaw that must be named for each."""
import csv
import io


class Shape:
    """How a sample is written, and what its columns are."""

    def __init__(self, name, coding, separator, quoted, title_lines, kinds, number):
        self.name, self.coding, self.separator, self.quoted = name, coding, separator, quoted
        self.title_lines, self.kinds, self.number = title_lines, kinds, number


SHAPES = {
    "wide": Shape("wide", "utf-8", ",", False, 0, {
        "流水号": "number", "时间": "time", "卡号": "member", "应收": "yuan", "类型": "name", "收银员": "name",
        "原流水号": "original", "次卡号": "code", "机号": "code", "本金": "yuan", "次数": "count"}, "流水号"),
    "rows": Shape("rows", "gb18030", ",", False, 0, {
        "小票号": "receipt", "日期": "date", "收银台": "code", "会员卡": "member", "行": "name", "付款方式": "name",
        "品类": "name", "金额": "yuan"}, "小票号"),
    "codes": Shape("codes", "utf-8", ";", True, 2, {
        "SEQ": "number", "TS": "time", "CARD": "member", "AMOUNT": "fen", "TYPE": "name", "ORIG": "original",
        "CHAN": "name", "OPER": "code"}, "SEQ"),
}


def wide_digits(text):
    return "".join(chr(ord(c) + 0xfee0) if "!" <= c <= "~" else c for c in text)


def plain(cell):
    return cell.lstrip("-")


# kind of column -> what is done to the cell, the flaw it must be
ANY = [
    (lambda c: "#REF!", "ERROR_VALUE"),
    (lambda c: "#N/A", "ERROR_VALUE"),
    (lambda c: "########", "ERROR_VALUE"),
    (lambda c: c + "\ufeff", "INVISIBLE"),
    (lambda c: "\u200b" + c, "INVISIBLE"),
    (lambda c: c[:1] + "\n" + c[1:], "LINE_BREAK"),
    (lambda c: b"BAD" + c.encode("ascii", "ignore"), "CODING"),
]
SPACES = [(lambda c: c + " ", "SPACE"), (lambda c: " " + c, "SPACE"), (lambda c: c + "\u00a0", "SPACE"),
          (lambda c: "\u3000" + c, "SPACE"), (lambda c: c + "\t", "SPACE")]
NUMBER = [
    (wide_digits, "FULL_WIDTH"),
    (lambda c: "１２", "FULL_WIDTH"),
    (lambda c: "1,234.50", "THOUSANDS"),
    (lambda c: "12,345,678", "THOUSANDS"),
    (lambda c: "￥" + plain(c), "CURRENCY"),
    (lambda c: "¥12.00", "CURRENCY"),
    (lambda c: plain(c) + "元", "CURRENCY"),
    (lambda c: "1.28E+04", "SCIENTIFIC"),
    (lambda c: "12.8.0", "NOT_NUMBER"),
    (lambda c: "十二", "NOT_NUMBER"),
    (lambda c: "12-", "NOT_NUMBER"),
    (lambda c: "9" * 15, "RANGE"),
    (lambda c: "(35.00)", "NEGATIVE"),
]
KINDS = {
    "yuan": NUMBER + [(lambda c: "12.345", "DECIMALS"), (lambda c: "12.000", "DECIMALS"), (lambda c: "", "MISSING")],
    "fen": NUMBER + [(lambda c: "12.34", "FRACTION"), (lambda c: "-1200", "NEGATIVE")],
    "count": [(lambda c: "1.5", "FRACTION"), (lambda c: "一", "NOT_NUMBER"), (lambda c: "1E+01", "SCIENTIFIC"),
              (lambda c: "-1", "NEGATIVE")],
    "number": [(lambda c: "", "MISSING"), (lambda c: "0", "RANGE"), (lambda c: "-7", "RANGE"), (lambda c: "7.5", "FRACTION"),
               (lambda c: "1.2E+05", "SCIENTIFIC"), (lambda c: "No7", "NOT_NUMBER"), (lambda c: "9" * 17, "RANGE"),
               (lambda c: "1,204", "THOUSANDS"), (wide_digits, "FULL_WIDTH")],
    "member": [(lambda c: "1.38E+10", "SCIENTIFIC"), (lambda c: "6.2E+09", "SCIENTIFIC"), (lambda c: c + ".0", "DIGITS"),
               (lambda c: "0" + c, "DIGITS"), (lambda c: c[:4] + " " + c[4:], "DIGITS"), (lambda c: "'" + c, "DIGITS"),
               (lambda c: c + "0" * 12, "DIGITS"), (lambda c: "张三", "DIGITS"), (wide_digits, "FULL_WIDTH"),
               (lambda c: "138,0013,8000", "DIGITS"), (lambda c: "6,200,000,017", "THOUSANDS")],
    "time": [(lambda c: "46082", "SERIAL"), (lambda c: "46082.354861", "SERIAL"), (lambda c: "2026/3/1 8:31", "TIME"),
             (lambda c: "01.03.2026 08:31", "TIME"), (lambda c: "2026-03-01", "TIME"), (lambda c: "昨天", "TIME"),
             (wide_digits, "FULL_WIDTH"), (lambda c: c.replace("03-01", "02-30"), "NO_SUCH_TIME"),
             (lambda c: c.replace("03-01", "13-01"), "NO_SUCH_TIME"), (lambda c: "", "MISSING")],
    "date": [(lambda c: "46082", "TIME"), (lambda c: "2026-03-01", "TIME"), (lambda c: "2026/2/30", "NO_SUCH_TIME"),
             (lambda c: "3月1日", "TIME"), (wide_digits, "FULL_WIDTH"), (lambda c: "", "MISSING")],
    "name": [(lambda c: c + "x", "UNKNOWN"), (lambda c: "其他", "UNKNOWN")],
    "code": [(lambda c: "a b", "CODE"), (lambda c: "-" + c, "CODE"), (lambda c: "c" * 33, "CODE"),
             (lambda c: "会员", "CODE"), (lambda c: "1.2E+10", "SCIENTIFIC"), (wide_digits, "FULL_WIDTH")],
    "original": [(lambda c: "", "MISSING"), (lambda c: "A:1:x", "REFERENCE"), (lambda c: "C:C1:1.2E+05", "SCIENTIFIC"),
                 (lambda c: "a;b", "REFERENCE")],
    "receipt": [(lambda c: "", "MISSING"), (lambda c: "1.2E+10", "SCIENTIFIC"), (lambda c: c + "x" * 65, "LONG")],
}
LINES = ["few", "many", "inside", "open"]


class Receipt:
    def __init__(self, number, rows):
        self.number = number  # as in the events: number or text
        self.rows = rows
        self.spoilt = None    # (row, column, flaw) where one is spoilt
        self.touched = False  # it cannot be good


def load(shape, data):
    """Returns: title and header lines as bytes, column names, receipts (lists of rows of cells)."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    head = lines[:shape.title_lines + 1]
    body = b"\n".join(lines[shape.title_lines:]).decode(shape.coding)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=shape.separator)
    names = [name.strip() for name in next(reader)]
    place = names.index(shape.number)
    receipts = []
    for row in reader:
        if row[place] == "合计":
            continue
        if receipts and shape.name == "rows" and receipts[-1][-1][place] == row[place]:
            receipts[-1].append(row)
        else:
            receipts.append([row])
    return head, names, receipts


def repeat(shape, names, receipts, times):
    """The sample's receipts over and over, each with a number of its own."""
    place = names.index(shape.number)
    made = []
    for n in range(times):
        for rows in receipts:
            serial = len(made) + 1
            if shape.name == "rows":
                number = "R%06d" % serial
            else:
                number = str(1000 + serial)
            copied = [list(row) for row in rows]
            for row in copied:
                row[place] = number
            made.append(Receipt(number if shape.name == "rows" else int(number), copied))
    return made


def bad_bytes(shape, cell):
    return cell.replace(b"BAD", b"\xc3\x28" if shape.coding == "utf-8" else b"\xff\xff")


def pick(shape, names, receipt, rng):
    """Choose a filled cell of a column that is known, and spoil it."""
    while True:
        at = rng.randrange(len(receipt.rows))
        name = rng.choice(sorted(shape.kinds))
        column = names.index(name)
        cell = receipt.rows[at][column]
        kind = shape.kinds[name]
        if cell.strip() == "":
            continue
        cell = cell.strip()
        of_any = ANY + ([] if shape.name == "codes" else SPACES)
        change, flaw = rng.choice(of_any if rng.random() < 0.3 else KINDS[kind])
        negated = cell.startswith("-")
        if negated and flaw in ("NEGATIVE", "MISSING"):
            continue
        if kind == "yuan" and flaw == "MISSING" and (name != "应收" or negated):
            continue
        if shape.name == "rows" and kind == "receipt" and flaw in ("SCIENTIFIC", "LONG") and len(receipt.rows) > 1:
            continue  # another receipt's number, as far as anybody can see
        if name == "原流水号" and flaw in ("REFERENCE", "SCIENTIFIC") and change(cell) != "a;b":
            continue  # the prefix stands before it
        new = change(cell)
        if new == cell or (flaw == "FULL_WIDTH" and not any(c.isdigit() for c in cell)):
            continue
        if flaw == "LINE_BREAK" and len(cell) < 2:
            new = cell + "\n" + cell
        return at, column, new, flaw


def spoil(shape, names, receipts, rng, share):
    for receipt in receipts:
        if rng.random() >= share:
            continue
        receipt.touched = True
        if rng.random() < 0.12:
            at = rng.randrange(len(receipt.rows))
            receipt.spoilt = (at, None, rng.choice(LINES))
            continue
        at, column, new, flaw = pick(shape, names, receipt, rng)
        receipt.rows[at][column] = new
        receipt.spoilt = (at, column, flaw)


def cell_bytes(shape, cell):
    if isinstance(cell, bytes):
        raw = bad_bytes(shape, cell)
        return b'"' + raw + b'"' if shape.quoted else raw
    if shape.quoted or any(c in cell for c in (shape.separator, '"', "\n")):
        cell = '"' + cell.replace('"', '""') + '"'
    return cell.encode(shape.coding)


def row_bytes(shape, cells, spoilt):
    parts = [cell_bytes(shape, cell) for cell in cells]
    separator = shape.separator.encode()
    if spoilt == "few":
        parts.pop()
    elif spoilt == "many":
        parts.append(parts[-1])
    elif spoilt == "inside":
        parts[2] = parts[2][:2] + b'"' + parts[2][2:]
    elif spoilt == "open":
        parts[2] = b'"' + parts[2].strip(b'"')
    return separator.join(parts) + b"\n"


def letters(column):
    return chr(ord("A") + column)


def write(shape, head, names, receipts):
    """Returns: the file's bytes; the flaws that must be named, as {(line, column, flaw)}; the lines on which others
    may be named besides; the numbers of the receipts that are good."""
    data = b"".join(line + b"\n" for line in head)
    line = len(head) + 1
    place = names.index(shape.number)
    table = []  # (receipt, line, is its receipt unknown?)
    must, may = set(), set()
    for receipt in receipts:
        for at, cells in enumerate(receipt.rows):
            spoilt = receipt.spoilt if receipt.spoilt and receipt.spoilt[0] == at else None
            lost = False
            if spoilt:
                column, flaw = spoilt[1], spoilt[2]
                if column is None:
                    must.add((line, "", "CELLS" if flaw in ("few", "many") else "QUOTE"))
                    lost = flaw in ("inside", "open")
                else:
                    must.add((line, letters(column), flaw))
                    lost = column == place and flaw not in ("SCIENTIFIC", "LONG")
            raw = row_bytes(shape, cells, spoilt[2] if spoilt and spoilt[1] is None else None)
            table.append((receipt, line, lost))
            data += raw
            line += raw.count(b"\n")
    if shape.name == "rows":
        for i, (receipt, at, lost) in enumerate(table):
            near = [table[k] for k in (i - 1, i + 1) if 0 <= k < len(table) and not table[k][2]]
            if lost:
                for other, where, _ in near:
                    must.add((where, "", "BESIDE"))
                    other.touched = True
    for receipt, at, _ in table:
        if receipt.touched and shape.name == "rows":
            may.add(at)
    good = [receipt.number for receipt in receipts if not receipt.touched]
    return data, must, may, good
