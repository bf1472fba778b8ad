/* allclear clock: the time of the network. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/args.h"
#include "tools/hq/ground.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/rules.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear clock show --dir DIR\n"
             "       allclear clock set TIME --dir DIR\n"
             "\n"
             "Show the network's time and open day. A network made with --test-clock has the time "
             "that it\n"
             "is told (forward only; every day-end passed is journaled); a real one keeps real "
             "time.\n"
             "TIME is a day (its beginning) or an instant with offset.\n"
             "\n"
             "Example:\n"
             "  allclear clock set 2026-03-31T23:59:00+08:00 --dir /var/lib/allclear\n");
}

static int show(const char *dir, const struct ground *ground)
{
    struct fault fault = {0};
    char text[INSTANT_TEXT_SIZE];
    json_t *head = inquire(dir, "head", &fault);

    if (head == NULL) {
        return home_complain("clock", &fault);
    }
    instant_format(json_integer_value(json_object_get(head, "now_ms")),
                   ground->has_terms ? ground->terms.days.zone_min : 0,
                   text);
    const char *open_day = json_string_value(json_object_get(head, "open_day"));
    printf(_("%s, open day %s%s\n"),
           text,
           open_day == NULL ? "-" : open_day,
           json_is_true(json_object_get(head, "test")) ? " (TEST)" : "");
    json_decref(head);
    return EX_OK;
}

static int set(const char *dir, const struct ground *ground, const char *time)
{
    struct fault fault = {0};
    struct hq_body body = {.type = HQ_CLOCK_SET};

    if (!rules_time(time, &ground->terms.days, &body.clock_ms, &fault) ||
        !submit_one(dir, NULL, &body, &fault)) {
        return home_complain("clock", &fault);
    }
    return show(dir, ground);
}

int verb_clock(int argc, char **argv)
{
    const char *option = NULL;
    const struct arg list[] = {{"dir", &option, NULL}};
    struct args args = {"clock", usage(), list, 1, 0, 2};
    struct ground ground = {0};
    struct fault fault = {0};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    const char *dir = home_dir(option, "clock");
    if (dir == NULL) {
        return EX_USAGE;
    }
    bool setting = words[0] != NULL && strcmp(words[0], "set") == 0 && words[1] != NULL;
    if (!setting && words[0] != NULL && (strcmp(words[0], "show") != 0 || words[1] != NULL)) {
        fputs(_("allclear clock: write show or set TIME (see allclear clock --help)\n"), stderr);
        return EX_USAGE;
    }
    if (!ground_read(dir, &ground, &fault)) {
        return home_complain("clock", &fault);
    }
    code = setting ? set(dir, &ground, words[1]) : show(dir, &ground);
    ground_deinit(&ground);
    return code;
}
