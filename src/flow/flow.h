/* flow.h - one state machine for every procedure on the platform.
 *
 * A procedure is two constant tables: its states and its edges. The engine below is the only code
 * that moves a record from one state to another, so the permission check, the guard and the history
 * entry cannot be forgotten. Buttons, API calls, steppers and the diagrams in the docs come from
 * the same rows. Adding a step means adding a row.
 *
 * Pure but for the guards: no store, no clock. The caller saves the new state with its fact.
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "base/base.h"
#include "flow/who.h"

typedef enum FlowKind { FLOW_START = 1, FLOW_MIDDLE, FLOW_END } FlowKind;

typedef struct FlowState {
    const char *name; /* Sent and shown in URLs; never renamed. The stored state is its row. */
    const char *zh;
    const char *en;
    FlowKind kind;
} FlowState;

typedef struct FlowEdge {
    int from;
    const char *action; /* The command is "<flow name>.<action>". */
    int to;
    const char *zh; /* The button: a verb. */
    const char *en;
    unsigned who;                             /* WHO_*: any of these may take the step. */
    Err (*guard)(Cx *cx, const void *record); /* NULL: no further condition. */
    bool danger; /* Takes something back or away for good: asked once more before it is done. */
} FlowEdge;

typedef struct Flow {
    const char *name;
    const char *zh;
    const char *en;
    const FlowState *states;
    size_t state_count;
    const FlowEdge *edges;
    size_t edge_count;
} Flow;

#define FLOW_OF(flow_name, zh_name, en_name, state_rows, edge_rows)                                \
    {                                                                                              \
        .name = (flow_name), .zh = (zh_name), .en = (en_name), .states = (state_rows),             \
        .state_count = COUNT(state_rows), .edges = (edge_rows), .edge_count = COUNT(edge_rows)     \
    }

/* Ends the process unless the tables make sense: one start, every state reachable, nothing stuck,
 * ends stay ended, one action leads to one place, every edge has somebody who may take it. */
void flow_verify(const Flow *flow);

/* Finds the state `action` leads to from `from`, for an actor with these roles and relations.
 * ERR_STATE no such step here; ERR_DENIED not this actor; or the guard's error. */
NODISCARD Err flow_step(Cx *cx, const Flow *flow, i64 from, const char *action, unsigned who,
                        const void *record, i64 *ret_to);

/* The steps this actor may take now, as {action, op, label, danger}: guards are not asked. */
Val *flow_acts(Cx *cx, const Flow *flow, i64 from, unsigned who);
/* The stepper of a page: a list of {name, label, done, here} along the way to the present state. */
Val *flow_stepper(Cx *cx, const Flow *flow, i64 at);

const FlowState *flow_state(const Flow *flow, i64 state);
const char *flow_state_name(const Flow *flow, i64 state);
i64 flow_state_find(const Flow *flow, Str name); /* By name or label; -1 when absent. */
const char *flow_label(const Flow *flow, i64 state, Lang lang);

/* A permission in words: "office|owner". */
void flow_who_text(Buf *out, unsigned who);
/* As text for people and as DOT for graphviz. */
void flow_write_text(Buf *out, const Flow *flow);
void flow_write_dot(Buf *out, const Flow *flow);

#endif
