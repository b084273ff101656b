#include "push/push_rules.h"

enum { PERCENT_ALL = 100 };

int push_person_score(int text_percent, bool same_field)
{
    int part = PERCENT_ALL - PUSH_FIELD_PART;
    return (same_field ? PUSH_FIELD_PART : 0) + text_percent * part / PERCENT_ALL;
}

bool push_has_code(Str codes, Str code)
{
    Str part;
    while (str_split(&codes, ',', &part))
        if (code.len && str_same(str_trim(part), code))
            return true;
    return false;
}

static bool same_house(const PushTie *tie)
{
    i64 sender = tie->sender_house_id ? tie->sender_house_id : tie->sender_id;
    i64 receiver = tie->receiver_house_id ? tie->receiver_house_id : tie->receiver_id;
    return sender && sender == receiver;
}

const char *push_tie_bars(const PushTie *tie)
{
    Str rest = tie->conflicts, part;
    if (same_house(tie))
        return "own_unit";
    while (str_split(&rest, ';', &part))
        if (tie->sender_name.len && str_same(str_trim(part), tie->sender_name))
            return "conflict";
    return NULL;
}

PushDecision push_decide(const PushReader *readers, size_t count, i64 now_ms)
{
    const PushReader *first = NULL;
    for (size_t i = 0; i < count; i++)
        if (!readers[i].is_off && (!first || readers[i].at_ms < first->at_ms))
            first = &readers[i];
    if (!count)
        return (PushDecision){PUSH_DEFER, "no_reader", now_ms + PUSH_RETRY_MS};
    if (!first)
        return (PushDecision){PUSH_BAR, "opt_out", 0};
    if (first->cause) /* Not by the times: the clock may have gone on while they were asked. */
        return (PushDecision){PUSH_DEFER, first->cause, first->at_ms};
    return (PushDecision){PUSH_SEND, NULL, 0};
}
