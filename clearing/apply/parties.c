#include "clearing/apply/ruling.h"

participant_t ruling_who(const struct ruling *ruling, const struct who *who)
{
    switch (who->kind) {
    case WHO_PARTICIPANT:
        return who->participant;
    case WHO_STORE:
    case WHO_ISSUER: /* the lots and discounts that ask are always of the store at hand */
        return ruling->here.owner;
    case WHO_HOME:
        if (ruling->member != NULL) {
            return registry_owner(&ruling->state->registry, ruling->member->home);
        }
        return ruling->here.owner;
    }
    CHECK(false);
    return PARTICIPANT_NONE;
}

void ruling_payers(const struct ruling *ruling, const struct funders *funders,
                   struct payers *ret_payers)
{
    ret_payers->count = 0;
    for (uint32_t i = 0; i < funders->count; i++) {
        participant_t who = ruling_who(ruling, &funders->list[i].who);
        uint32_t at = 0;
        while (at < ret_payers->count && ret_payers->list[at].n != who.n) {
            at++;
        }
        if (at == ret_payers->count) {
            ret_payers->list[at] = who;
            ret_payers->shares[at] = (rate_t){0};
            ret_payers->count++;
        }
        ret_payers->shares[at].millionths += funders->list[i].share.millionths;
    }
}
