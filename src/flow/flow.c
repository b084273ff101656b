#include "flow/flow.h"

#include <stdlib.h>
#include <string.h>

static void verify_fail(const Flow *flow, const char *name, const char *why)
{
    log_line(LOG_ERROR_LEVEL, "flow_table_wrong", "flow", flow->name, "at", name, "why", why, NULL);
    abort();
}

static void verify_edges(const Flow *flow)
{
    for (size_t i = 0; i < flow->edge_count; i++) {
        const FlowEdge *edge = &flow->edges[i];
        bool inside = edge->from >= 0 && (size_t)edge->from < flow->state_count && edge->to >= 0 &&
                      (size_t)edge->to < flow->state_count;
        if (!inside)
            verify_fail(flow, edge->action, "leads outside the states");
        if (!edge->who)
            verify_fail(flow, edge->action, "nobody may take it");
        if (!edge->zh || !edge->en)
            verify_fail(flow, edge->action, "no label");
        for (size_t j = i + 1; j < flow->edge_count; j++)
            if (edge->from == flow->edges[j].from &&
                strcmp(edge->action, flow->edges[j].action) == 0)
                verify_fail(flow, edge->action, "leads to two places");
    }
}

/* Bits of the states that can be reached from the start. */
static u64 reachable(const Flow *flow, int start)
{
    u64 seen = (u64)1 << start, before = 0;
    while (seen != before) {
        before = seen;
        for (size_t i = 0; i < flow->edge_count; i++)
            if (seen >> flow->edges[i].from & 1)
                seen |= (u64)1 << flow->edges[i].to;
    }
    return seen;
}

static bool has_way_out(const Flow *flow, size_t state)
{
    for (size_t i = 0; i < flow->edge_count; i++)
        if (flow->edges[i].from == (int)state)
            return true;
    return false;
}

void flow_verify(const Flow *flow)
{
    if (flow->state_count == 0 || flow->state_count > 64)
        verify_fail(flow, "", "number of states");
    verify_edges(flow);
    int start = -1;
    for (size_t s = 0; s < flow->state_count; s++) {
        const FlowState *state = &flow->states[s];
        if (!state->name || !state->zh || !state->en)
            verify_fail(flow, state->name ? state->name : "", "no name or label");
        if (state->kind == FLOW_START) {
            if (start >= 0)
                verify_fail(flow, state->name, "a second start");
            start = (int)s;
        }
        if (has_way_out(flow, s) == (state->kind == FLOW_END))
            verify_fail(flow, state->name, "an end that goes on, or a state that is stuck");
    }
    if (start != 0)
        verify_fail(flow, "", "the first state is not the start");
    u64 seen = reachable(flow, start);
    for (size_t s = 0; s < flow->state_count; s++)
        if (!(seen >> s & 1))
            verify_fail(flow, flow->states[s].name, "cannot be reached");
}

const FlowState *flow_state(const Flow *flow, i64 state)
{
    assert(state >= 0 && (size_t)state < flow->state_count);
    return &flow->states[state];
}

const char *flow_state_name(const Flow *flow, i64 state)
{
    return flow_state(flow, state)->name;
}

const char *flow_label(const Flow *flow, i64 state, Lang lang)
{
    const FlowState *row = flow_state(flow, state);
    return lang == LANG_EN ? row->en : row->zh;
}

i64 flow_state_find(const Flow *flow, Str name)
{
    for (size_t s = 0; s < flow->state_count; s++) {
        const FlowState *state = &flow->states[s];
        if (str_same_z(name, state->name) || str_same_z(name, state->zh) ||
            str_same_z(name, state->en))
            return (i64)s;
    }
    return -1;
}

Err flow_step(Cx *cx, const Flow *flow, i64 from, const char *action, unsigned who,
              const void *record, i64 *ret_to)
{
    for (size_t i = 0; i < flow->edge_count; i++) {
        const FlowEdge *edge = &flow->edges[i];
        if (edge->from != from || strcmp(edge->action, action) != 0)
            continue;
        if (!(edge->who & who))
            return err_set_arg(cx, ERR_DENIED, NULL, "flow.not_your_step",
                               str_from(cx->lang == LANG_EN ? edge->en : edge->zh));
        Err e = edge->guard ? edge->guard(cx, record) : ERR_OK;
        if (!e)
            *ret_to = edge->to;
        return e;
    }
    return err_set_arg(cx, ERR_STATE, NULL, "flow.no_such_step",
                       str_from(flow_label(flow, from, cx->lang)));
}

Val *flow_acts(Cx *cx, const Flow *flow, i64 from, unsigned who)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < flow->edge_count; i++) {
        const FlowEdge *edge = &flow->edges[i];
        if (edge->from != from || !(edge->who & who))
            continue;
        Val *act = val_map(cx->arena);
        val_set_z(cx->arena, act, "action", edge->action);
        val_set_str(cx->arena, act, "op", str_format(cx->arena, "%s.%s", flow->name, edge->action));
        val_set_z(cx->arena, act, "label", cx->lang == LANG_EN ? edge->en : edge->zh);
        val_set_bool(cx->arena, act, "danger", edge->danger);
        val_push(cx->arena, list, act);
    }
    return list;
}

/* The usual way through a flow: from each state the first edge to a later state that takes nothing
 * back. */
static int usual_way(const Flow *flow, int way[64])
{
    int count = 0, at = 0;
    for (;;) {
        way[count++] = at;
        int next = at;
        for (size_t i = 0; i < flow->edge_count && next == at; i++)
            if (flow->edges[i].from == at && flow->edges[i].to > at && !flow->edges[i].danger)
                next = flow->edges[i].to;
        if (next == at || count == 64)
            return count;
        at = next;
    }
}

Val *flow_stepper(Cx *cx, const Flow *flow, i64 at)
{
    int way[64], count = usual_way(flow, way), here = -1;
    for (int i = 0; i < count; i++)
        if (way[i] == at)
            here = i;
    if (here < 0) { /* Off the usual way: shown as the last step taken. */
        here = 0;
        while (here + 1 < count && way[here + 1] < at)
            here++;
        way[++here] = (int)at;
        count = here + 1;
    }
    Val *list = val_list(cx->arena);
    for (int i = 0; i < count; i++) {
        Val *step = val_map(cx->arena);
        val_set_z(cx->arena, step, "name", flow->states[way[i]].name);
        val_set_z(cx->arena, step, "label", flow_label(flow, way[i], cx->lang));
        val_set_bool(cx->arena, step, "done", i < here);
        val_set_bool(cx->arena, step, "here", i == here);
        val_push(cx->arena, list, step);
    }
    return list;
}

void flow_who_text(Buf *out, unsigned who)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        {WHO_PUBLIC, "public"},     {WHO_SIGNED, "signed"},     {WHO_OFFICE, "office"},
        {WHO_INVENTOR, "inventor"}, {WHO_FIRM, "firm"},         {WHO_MANAGER, "manager"},
        {WHO_EXPERT, "expert"},     {WHO_OPERATOR, "operator"}, {WHO_DEPARTMENT, "department"},
        {WHO_FINANCE, "finance"},   {WHO_SYSTEM, "system"},     {WHO_SECURITY, "security"},
        {WHO_AUDIT, "audit"},       {WHO_LOCAL, "local"},       {WHO_CLOCK, "clock"},
        {WHO_LIAISON, "liaison"},   {WHO_CENTRE, "centre"},     {WHO_AGENCY, "agency"},
        {WHO_HALF, "half"},         {WHO_OWNER, "owner"},       {WHO_PARTY, "party"},
        {WHO_ABOVE, "above"},       {WHO_SELF, "self"},         {WHO_BINDS, "binds"},
    };
    bool first = true;
    for (size_t i = 0; i < COUNT(names); i++) {
        if (!(who & names[i].bit))
            continue;
        buf_format(out, "%s%s", first ? "" : "|", names[i].name);
        first = false;
    }
}

void flow_write_text(Buf *out, const Flow *flow)
{
    buf_format(out, "%s  %s  %s\n", flow->name, flow->zh, flow->en);
    for (size_t i = 0; i < flow->edge_count; i++) {
        const FlowEdge *edge = &flow->edges[i];
        buf_format(out, "  %-14s --%s--> %-14s ", flow->states[edge->from].name, edge->action,
                   flow->states[edge->to].name);
        flow_who_text(out, edge->who);
        buf_z(out, edge->guard ? "  (guarded)\n" : "\n");
    }
}

void flow_write_dot(Buf *out, const Flow *flow)
{
    buf_format(out, "digraph %s {\n  rankdir=LR;\n", flow->name);
    for (size_t s = 0; s < flow->state_count; s++)
        buf_format(out, "  %s [label=\"%s\\n%s\" shape=%s];\n", flow->states[s].name,
                   flow->states[s].zh, flow->states[s].name,
                   flow->states[s].kind == FLOW_END ? "doublecircle" : "box");
    for (size_t i = 0; i < flow->edge_count; i++) {
        const FlowEdge *edge = &flow->edges[i];
        buf_format(out, "  %s -> %s [label=\"%s\\n", flow->states[edge->from].name,
                   flow->states[edge->to].name, edge->zh);
        flow_who_text(out, edge->who);
        buf_z(out, "\"];\n");
    }
    buf_z(out, "}\n");
}
