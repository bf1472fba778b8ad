#include "tools/render/language.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "allclear"

static const struct {
    const char *name;     /* as --lang takes it */
    const char *language; /* as the catalogues are called; English needs none */
} languages[] = {
    {"zh", "zh_CN"},
    {"en", "en"},
};
#define LANGUAGE_COUNT (sizeof languages / sizeof languages[0])

static const char *language_named(const char *name)
{
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        if (strcmp(name, languages[i].name) == 0) {
            return languages[i].language;
        }
    }
    return NULL;
}

static bool starts(const char *text, const char *with)
{
    return text != NULL && strncmp(text, with, strlen(with)) == 0;
}

static const char *first_said(const char *const *names)
{
    for (; *names != NULL; names++) {
        const char *value = getenv(*names);
        if (value != NULL && value[0] != '\0') {
            return value;
        }
    }
    return NULL;
}

/* What the environment asks for. LANGUAGE counts only beside a locale that is not plain C, as
 * everywhere with gettext. */
static const char *language_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG", NULL};
    const char *locale = first_said(names);
    const char *asked = getenv("LANGUAGE");

    if (locale == NULL || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0) {
        return "en";
    }
    if (asked == NULL || asked[0] == '\0') {
        asked = locale;
    }
    return starts(asked, "zh") ? "zh_CN" : "en";
}

/* The directory of the catalogues: ../locale beside a build's bin, ../share/locale when
 * installed. */
static void catalogue_bind(void)
{
    static const char *const places[] = {"/../locale", "/../share/locale"};
    char program[PATH_MAX];
    char path[PATH_MAX + 64];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);

    if (len <= 0) {
        return;
    }
    program[len] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL) {
        return;
    }
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(path, sizeof path, "%s%s", program, places[i]);
        if (access(path, R_OK) == 0) {
            bindtextdomain(DOMAIN, path);
            break;
        }
    }
    bind_textdomain_codeset(DOMAIN, "UTF-8");
    textdomain(DOMAIN);
}

static void language_set(const char *language)
{
    if (setlocale(LC_ALL, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        setlocale(LC_ALL, "C.UTF-8");
    }
    setenv("LANGUAGE", language, 1);
    catalogue_bind();
}

const char *language_chosen(void)
{
    return starts(getenv("LANGUAGE"), "zh") ? "zh" : "en";
}

bool language_answer_in(const char *name)
{
    text_as_written = strcmp(name, "zh") != 0;
    return language_named(name) != NULL;
}

void language_begin_answers(void)
{
    language_set("zh_CN");
    text_as_written = true;
}

/* Take argv[at] and the `count` arguments from there on out of the list. */
static void take_out(int *argc, char **argv, int at, int count)
{
    memmove(argv + at, argv + at + count, (size_t)(*argc - at - count + 1) * sizeof *argv);
    *argc -= count;
}

bool language_take(int *argc, char **argv)
{
    const char *language = language_of_environment();
    const char *unknown = NULL;
    int at = 1;

    while (at < *argc && strcmp(argv[at], "--") != 0) {
        bool apart = strcmp(argv[at], "--lang") == 0;
        if (!apart && !starts(argv[at], "--lang=")) {
            at++;
            continue;
        }
        const char *name = apart ? argv[at + 1] : strchr(argv[at], '=') + 1;
        const char *found = name == NULL ? NULL : language_named(name);
        if (found == NULL) {
            unknown = name == NULL ? "" : name;
            break;
        }
        language = found;
        take_out(argc, argv, at, apart ? 2 : 1);
    }
    language_set(language);
    if (unknown != NULL) {
        fprintf(stderr, _("allclear: --lang \"%s\" is not known: write --lang zh or --lang en\n"),
                unknown);
        return false;
    }
    return true;
}
