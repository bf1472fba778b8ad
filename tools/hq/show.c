#include "tools/hq/show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/ground.h"
#include "tools/hq/home.h"
#include "tools/hq/report_read.h"
#include "tools/render/report_csv.h"
#include "tools/render/report_text.h"
#include "tools/render/statement.h"
#include "tools/text.h"

static const char *format_of(const struct show *show)
{
    return show->format == NULL ? "text" : show->format;
}

bool show_format_known(const struct show *show)
{
    const char *format = format_of(show);

    if (strcmp(format, "text") == 0 || strcmp(format, "json") == 0 || strcmp(format, "csv") == 0) {
        return true;
    }
    fprintf(stderr,
            _("allclear %s: --format %s is not known: write text, json or csv\n"),
            show->verb,
            format);
    return false;
}

static FILE *open_out(const struct show *show)
{
    if (show->out == NULL || strcmp(show->out, "-") == 0) {
        return stdout;
    }
    FILE *out = fopen(show->out, "we");
    if (out == NULL) {
        fprintf(stderr, "allclear %s: %s: %s\n", show->verb, show->out, strerror(errno));
    }
    return out;
}

static int close_out(const struct show *show, FILE *out, bool good)
{
    good = fflush(out) == 0 && good;
    if (out != stdout) {
        good = fclose(out) == 0 && good;
    }
    if (!good) {
        fprintf(stderr, _("allclear %s: cannot write the output\n"), show->verb);
    }
    return good ? EX_OK : EX_IOERR;
}

static json_t *parse(const struct show *show, const char *bytes, size_t len)
{
    json_t *root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);

    if (root == NULL) {
        fprintf(stderr,
                _("allclear %s: the report is no JSON: make it again (move the file in reports/ "
                  "away)\n"),
                show->verb);
    }
    return root;
}

static bool write_report(const struct show *show, const struct report *report, FILE *out)
{
    struct look look = look_of(out);

    return strcmp(format_of(show), "csv") == 0 ? report_csv_write(report, out)
                                               : report_text_write(report, &look, out);
}

int show_report(const struct show *show, const char *bytes, size_t len)
{
    struct ground ground = {0};
    struct report_held held;
    struct fault fault = {0};
    FILE *out = open_out(show);

    if (out == NULL) {
        return EX_CANTCREAT;
    }
    if (strcmp(format_of(show), "json") == 0) {
        return close_out(show, out, fwrite(bytes, 1, len, out) == len);
    }
    json_t *root = parse(show, bytes, len);
    if (root == NULL) {
        (void)close_out(show, out, true);
        return EX_DATAERR;
    }
    bool named = ground_read(show->dir, &ground, NULL); /* names are a courtesy */
    bool good = report_read(root, named ? &ground.registry : NULL, &held, &fault);
    json_decref(root);
    ground_deinit(&ground);
    if (!good) {
        (void)close_out(show, out, true);
        return home_complain(show->verb, &fault);
    }
    good = write_report(show, &held.report, out);
    report_held_deinit(&held);
    return close_out(show, out, good);
}

int show_statement(const struct show *show, const char *bytes, size_t len, const char *participant)
{
    struct fault fault = {0};
    json_t *root = parse(show, bytes, len);

    if (root == NULL) {
        return EX_DATAERR;
    }
    json_t *statement = statement_of(root, participant, &fault);
    json_decref(root);
    if (statement == NULL) {
        return home_complain(show->verb, &fault);
    }
    FILE *out = open_out(show);
    bool good = out != NULL;
    if (good && strcmp(format_of(show), "json") == 0) {
        good = statement_json_write(statement, out);
    } else if (good && strcmp(format_of(show), "csv") == 0) {
        good = statement_csv_write(statement, out);
    } else if (good) {
        struct look look = look_of(out);
        good = statement_text_write(statement, &look, out);
    }
    json_decref(statement);
    return out == NULL ? EX_CANTCREAT : close_out(show, out, good);
}
