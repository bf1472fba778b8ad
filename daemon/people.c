/* What headquarters asks about people and proposals. */
#include "daemon/server.h"
#include "tools/people/standing.h"

static const char *text_of(const json_t *request, const char *key)
{
    return json_string_value(json_object_get(request, key));
}

/* What an event would do cannot be told while a day-end's sweep runs. */
static void end_sweep(struct server *server)
{
    if (ledger_has_room(server->ledger)) {
        ledger_sweep_rest(server->ledger, server_now(server));
    }
}

json_t *server_standing(struct server *server, const json_t *request)
{
    const char *record = text_of(request, "record");

    end_sweep(server);
    return standing_of(server->book,
                       record == NULL ? "" : record,
                       text_of(request, "as"),
                       server_now(server));
}

json_t *server_suspended(struct server *server, const json_t *request)
{
    const char *of = text_of(request, "of");

    end_sweep(server);
    return standing_suspended(server->book, of == NULL ? "" : of);
}

json_t *server_reversals(struct server *server, const json_t *request)
{
    end_sweep(server);
    return standing_reversals(server->book, json_object_get(request, "of"),
                              json_integer_value(json_object_get(request, "at_ms")));
}

json_t *server_reversal(struct server *server, const json_t *request)
{
    const char *of = text_of(request, "of");
    const json_t *at = json_object_get(request, "at_ms");

    if (of == NULL || json_integer_value(at) <= 0) {
        return json_pack("{s:s}", "error", "reversal: of what, and when?");
    }
    end_sweep(server);
    return standing_reversal(server->book, of, json_integer_value(at));
}
