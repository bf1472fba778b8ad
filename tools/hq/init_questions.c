#include "tools/hq/init_questions.h"

#include <stdio.h>
#include <string.h>

#include "tools/hq/samples.h"
#include "tools/text.h"

/* The answer, or the default. */
static bool ask(const char *question, const char *fallback, char ret_answer[INIT_ANSWER_SIZE])
{
    char line[INIT_ANSWER_SIZE];

    fprintf(stderr, "%s [%s]: ", question, fallback);
    if (fgets(line, sizeof line, stdin) == NULL) {
        fputc('\n', stderr);
        return false;
    }
    line[strcspn(line, "\r\n")] = '\0';
    (void)snprintf(ret_answer, INIT_ANSWER_SIZE, "%s", line[0] != '\0' ? line : fallback);
    return true;
}

static bool ask_rules(struct init_choice *choice)
{
    char answer[INIT_ANSWER_SIZE];

    if (!ask(_("3/8 Rules: a sample (" SAMPLES_NAMES ") or the path of an alliance file"),
             "f1",
             answer)) {
        return false;
    }
    if (samples_has(answer)) {
        (void)snprintf(choice->sample, sizeof choice->sample, "%s", answer);
    } else {
        (void)snprintf(choice->alliance, sizeof choice->alliance, "%s", answer);
    }
    return true;
}

static bool ask_clock(struct init_choice *choice)
{
    char answer[INIT_ANSWER_SIZE];

    if (!ask(_("7/8 Clock: real, or test (time is set by hand, for trials)"), "real", answer)) {
        return false;
    }
    choice->test_clock = strcmp(answer, "test") == 0;
    if (!choice->test_clock) {
        fputs(_("8/8 Start: now, because the clock is real.\n"), stderr);
        return true;
    }
    return ask(_("8/8 Start of the test clock, a day or a time"), "2026-03-01", choice->start);
}

bool init_ask(struct init_choice *choice)
{
    if (!ask(_("1/8 Alliance's code (letters, digits, - and _)"), "demo", choice->id) ||
        !ask(_("2/8 Alliance's name"), choice->id, choice->name) || !ask_rules(choice)) {
        return false;
    }
    if (choice->alliance[0] != '\0') {
        /* the file says the rest, and it wins */
        choice->id[0] = '\0';
        choice->name[0] = '\0';
        fputs(_("4/8, 5/8 Zone and start of the day: the alliance file says them.\n"), stderr);
    } else if (!ask(_("4/8 Zone, offset from UTC"), "+08:00", choice->zone) ||
               !ask(_("5/8 When a business day begins"), "00:00", choice->day_start)) {
        return false;
    }
    return ask(_("6/8 Address that the daemon listens on"), "tcp://127.0.0.1:7401",
               choice->listen) &&
           ask_clock(choice);
}
