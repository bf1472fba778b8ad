#include "tools/tills/flaw.h"

#include <stdio.h>
#include <string.h>

#include "proto/codec/policy.h"
#include "tools/alliance/source.h"
#include "tools/text.h"

#define N_(s) s /* marked for the catalogue, translated where it is shown */

#define HEADER_SHOWN 60
#define CELL_SHOWN   60

static const struct {
    const char *name;
    const char *what;
    const char *remedy;
} kinds[FLAW_KIND_COUNT] = {
    [FLAW_NONE] = {"NONE", "", ""},
    [FLAW_UNREADABLE] = {"UNREADABLE", N_("this file cannot be read with this mapping"),
                         N_("export it again as CSV in the mapping's encoding")},
    [FLAW_HEADER] = {"HEADER", N_("the mapping asks for a column that the header has not"),
                     N_("export with that column, or correct its name in the mapping")},
    [FLAW_HEADER_TWICE] = {"HEADER_TWICE", N_("the header has this column twice"),
                           N_("give each column a name of its own, or read it by letters with "
                              "header = false")},
    [FLAW_QUOTE] = {"QUOTE", N_("the quotes of this line do not pair"),
                    N_("a cell with a quote in it stands in quotes itself and writes the quote "
                       "twice: correct it, or export again")},
    [FLAW_CELLS] = {"CELLS", N_("this row has not as many cells as the header"),
                    N_("a separator is missing or too many; put a cell that has one in it into "
                       "quotes, or export again")},
    [FLAW_BESIDE] = {"BESIDE",
                     N_("this receipt stands beside a row that may be its own and cannot be read"),
                     N_("mend that row: the receipt is not sent in part")},
    [FLAW_CODING] = {"CODING", N_("these bytes are none of the mapping's encoding"),
                     N_("export again in that encoding, or correct \"encoding\" in the mapping")},
    [FLAW_LINE_BREAK] = {"LINE_BREAK", N_("a line break stands in the cell"),
                         N_("take it out: one line of text only")},
    [FLAW_INVISIBLE] = {"INVISIBLE", N_("a character that cannot be seen stands in the cell"),
                        N_("delete the cell and type it again, or export again")},
    [FLAW_SPACE] = {"SPACE", N_("spaces stand before, behind or within it"),
                    N_("take them out; where the till always writes them, say trim = true in the "
                       "mapping")},
    [FLAW_ERROR_VALUE] = {"ERROR_VALUE", N_("a spreadsheet's formula has failed here"),
                          N_("export again from the till, without formulas")},
    [FLAW_MISSING] = {"MISSING", N_("the cell is empty"),
                      N_("fill it in as the receipt says, or export with it")},
    [FLAW_UNKNOWN] = {"UNKNOWN", N_("the mapping does not know this value"),
                      N_("correct the cell, or say in the mapping what the value means")},
    [FLAW_SCIENTIFIC] = {"SCIENTIFIC",
                         N_("a spreadsheet has turned a long number into powers of ten, and its "
                            "last digits are lost"),
                         N_("export again from the till; in the spreadsheet make the column text "
                            "before opening the file")},
    [FLAW_FULL_WIDTH] = {"FULL_WIDTH", N_("full-width digits or signs stand here"),
                         N_("type it again with plain digits and signs")},
    [FLAW_CURRENCY] = {"CURRENCY", N_("a currency sign stands with the amount"),
                       N_("make the column plain numbers, without the sign")},
    [FLAW_THOUSANDS] = {"THOUSANDS", N_("the number has thousands separators"),
                        N_("make the column plain numbers, without separators")},
    [FLAW_NOT_NUMBER] = {"NOT_NUMBER", N_("this is not a number"),
                         N_("write digits, with a point where there are decimals")},
    [FLAW_DECIMALS] = {"DECIMALS", N_("an amount in yuan has at most two decimals"),
                       N_("write the amount that was paid, to the fen")},
    [FLAW_FRACTION] = {"FRACTION", N_("a whole number is due here"),
                       N_("take the point away; an amount in yuan needs unit = \"yuan\" in the "
                          "mapping")},
    [FLAW_NEGATIVE] = {"NEGATIVE", N_("the number is below zero"),
                       N_("give a refund back as an event of type refund, with a positive amount; "
                          "where the till writes it as negative, say negated = true in the "
                          "mapping")},
    [FLAW_POSITIVE] = {"POSITIVE", N_("the number is above zero, and the mapping says negated"),
                       N_("write it with its minus, or correct \"negated\" in the mapping")},
    [FLAW_RANGE] = {"RANGE", N_("the number is too small or too large"),
                    N_("compare with the receipt; two cells may have run together")},
    [FLAW_DIGITS] = {"DIGITS", N_("a card number is 1 to 19 digits, the first not 0"),
                     N_("type the number as printed on the card, without anything else")},
    [FLAW_SERIAL] = {"SERIAL", N_("this is a spreadsheet's number of a day, not a time"),
                     N_("give the column a date format as in the mapping, or export again from "
                        "the till")},
    [FLAW_TIME] = {"TIME", N_("the time is not written as the mapping says"),
                   N_("give the column that format, or add its pattern to \"times\" in the "
                      "mapping")},
    [FLAW_NO_SUCH_TIME] = {"NO_SUCH_TIME", N_("there is no such day or time"),
                           N_("compare with the receipt; day and month may have changed places")},
    [FLAW_CODE] = {"CODE",
                   N_("a code is 1 to 32 letters, digits, _ and -, the first a letter or digit"),
                   N_("correct the cell, or translate it with \"values\" in the mapping")},
    [FLAW_REFERENCE] = {"REFERENCE", N_("an original is named store:terminal:number"),
                        N_("write it so; where the till gives the number only, put the rest into "
                           "\"prefix\" in the mapping")},
    [FLAW_LONG] = {"LONG", N_("the text is too long"), N_("shorten it")},
    [FLAW_DIFFERS] = {"DIFFERS", N_("the rows of one receipt differ here"),
                      N_("correct the row; if they are two receipts, their numbers must differ")},
    [FLAW_MANY] = {"MANY", N_("the receipt has more rows of this kind than an event may have"),
                   N_("write the receipt as two")},
    [FLAW_SUM] = {"SUM", N_("discounts and payments do not make the amount"),
                  N_("compare with the receipt; a row or a column may be missing")},
    [FLAW_EVENT] = {"EVENT", N_("this is no event of the contract"),
                    N_("correct the cell, or the mapping")},
    [FLAW_TWICE] = {"TWICE", N_("another receipt of this file has the same number"),
                    N_("each receipt of a terminal has a number of its own: correct the one that "
                       "is wrong")},
    [FLAW_ROUNDED] = {"ROUNDED",
                      N_("the number is longer than 15 digits and ends in zeros from there on"),
                      N_("a spreadsheet keeps 15 digits only: compare with the card")},
};

const char *flaw_name(flaw_kind_t kind)
{
    return kinds[kind].name;
}

void flaw_letters(uint32_t column, char text[FLAW_LETTERS_SIZE])
{
    char reversed[FLAW_LETTERS_SIZE];
    uint32_t len = 0;

    text[0] = '\0';
    if (column == FLAW_ROW) {
        return;
    }
    for (uint32_t left = column + 1; left > 0 && len < FLAW_LETTERS_SIZE - 1;
         left = (left - 1) / 26) {
        reversed[len++] = (char)('A' + (left - 1) % 26);
    }
    for (uint32_t i = 0; i < len; i++) {
        text[i] = reversed[len - 1 - i];
    }
    text[len] = '\0';
}

/* What came from the file must neither break the line nor steer the terminal, nor be unseen. */
static void shown_write(slice_t text, uint32_t len_max, char *to)
{
    uint32_t len = utf8_cut(text, len_max);
    uint32_t out = 0;

    if (len > 0 && !policy_text_valid((slice_t){text.text, len})) {
        for (uint32_t i = 0; i < len; i++) {
            char c = text.text[i];
            to[out++] = (char)(c < 0x20 || c >= 0x7f ? '?' : c);
        }
    } else if (len > 0) {
        memcpy(to, text.text, len);
        out = len;
    }
    memcpy(to + out, len < text.len ? "..." : "", len < text.len ? 4 : 1);
}

void flaw_write(const struct flaw *flaw, char text[FLAW_TEXT_SIZE])
{
    char letters[FLAW_LETTERS_SIZE];
    char header[HEADER_SHOWN + 4];
    char cell[CELL_SHOWN + 4];
    char place[192] = "";
    const char *what = _(kinds[flaw->kind].what);

    flaw_letters(flaw->column, letters);
    shown_write(flaw->header, HEADER_SHOWN, header);
    shown_write(flaw->cell, CELL_SHOWN, cell);
    if (flaw->column != FLAW_ROW && flaw->header.len > 0) {
        (void)snprintf(place, sizeof place, _("column %s \"%s\" [%s]: "), letters, header, cell);
    } else if (flaw->column != FLAW_ROW) {
        (void)snprintf(place, sizeof place, _("column %s [%s]: "), letters, cell);
    }
    if (flaw->extra[0] != '\0') {
        (void)snprintf(text, FLAW_TEXT_SIZE, "%s%s (%s); %s", place, what, flaw->extra,
                       _(kinds[flaw->kind].remedy));
    } else {
        (void)snprintf(text, FLAW_TEXT_SIZE, "%s%s; %s", place, what, _(kinds[flaw->kind].remedy));
    }
}
