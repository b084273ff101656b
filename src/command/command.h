/* command.h - every act and every question of the exchange as a row: one table for page, API and
 * command line.
 *
 * An Op names its permission, its input (rows of the same kind as a record's) and its function. The
 * web form, the JSON body and the flags of the command line are read by the same rows; all three
 * then walk through op_call. A write op runs inside the writer's transaction; a read op on any
 * connection. The reply is a Val: pages show it through a template, the API sends it as JSON.
 *
 *   browser  POST /do/need.post     \
 *   API      POST /api/v1/need/post  >  op_call  ->  permission, input check, prepare, run
 *   shell    techbourse need post   /
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "base/base.h"
#include "fact/fact.h"
#include "flow/flow.h"
#include "record/record.h"

typedef enum OpKind {
    OP_READ = 1, /* Changes nothing; any connection. */
    OP_WRITE,    /* Runs in the writer. */
    OP_STEPS,    /* Long work made of several writes: runs on a worker, calls write ops itself. */
} OpKind;

enum {
    OP_LOCAL_ONLY = 1 << 0, /* Command line only. */
    OP_DANGER = 1 << 1,     /* Asks once more before it is done. Edges of a flow say the same. */
    OP_QUIET = 1 << 2,      /* A refusal leaves no fact (sign-in guesses have their own). */
    OP_SECOND = 1 << 3, /* The session has proved its second factor not too long ago (settings). */
    OP_SIGN = 1 << 4,   /* A signature: each call brings a fresh code, in its input second_code. */
    OP_TWO = 1 << 5,    /* Waits until a second person agrees (approval.agree). */
    OP_AGREED = 1 << 6, /* The actor's unit has signed the 委托服务协议 before. */
    OP_PLAIN = 1 << 7,  /* Shows no data of others, whatever its records say: no access line. */
    OP_BULK = 1 << 9,   /* Judged in memory, its rows written with others' (store/writer.h). */
    OP_OWN = 1 << 8,    /* Of his own session: as himself, also while he acts for another. */
};

/* What a token of the API may be used for; Actor.scope. */
enum {
    SCOPE_READ = 1 << 0,   /* Ops of OP_READ. */
    SCOPE_WRITE = 1 << 1,  /* The others. */
    SCOPE_SECOND = 1 << 2, /* Also those of OP_SECOND: given with the second factor. */
};

typedef struct Op {
    const char *name; /* "listing.file": noun.verb. */
    const char *zh;   /* The button. */
    const char *en;
    OpKind kind;
    unsigned flags;
    unsigned who; /* WHO_*: any is enough. Relations are checked by `run`, on the record. */
    size_t in_size;
    const Field *in;
    size_t in_count;
    Err (*prepare)(Cx *cx, void *in); /* Slow pure work before the queue; may be NULL. */
    Err (*run)(Cx *cx, const void *in, Val **ret);
    const char *help_zh;
    const char *help_en;
} Op;

#define OP_IN(Type, rows) sizeof(Type), (rows), COUNT(rows)
#define OP_IN_NONE        0, NULL, 0

/* What a room hands to the program: its record types, flows and ops. */
typedef struct Room {
    const char *name;
    const RecordType *const *types;
    size_t type_count;
    const Flow *const *flows;
    size_t flow_count;
    const Op *ops;
    size_t op_count;
    const CodeList *const *codes;
    size_t code_count;
    Err (*start)(Cx *cx); /* After migration; may be NULL. */
} Room;

/* What later rooms (ident, audit) do inside every call; members may be NULL. */
typedef struct HouseHooks {
    /* WHO_OWNER, WHO_ABOVE: relations of the actor to another unit; WHO_BINDS: to his own, when
     * that is he himself. Quick: asked for every record. */
    unsigned (*relation)(Cx *cx, i64 org_id);
    /* Before an op with a flag that asks for more than a role; inside the transaction of a write.
     * When *ret_instead is set the op is not run, and that is its reply (a wait for a second
     * person, or a refusal of op_refuse). */
    Err (*gate)(Cx *cx, const Op *op, const void *in, Val **ret_instead);
    /* After a read that handed out non-public data, and after any op that was refused for want of a
     * permission. Never waits. */
    void (*shown)(Cx *cx, const Op *op, const Shown *shown, Err result);
    /* What of trade keeps a unit from leaving: adds {kind, id, title} rows. */
    Err (*open_work)(Cx *cx, i64 org_id, Val *rows);
    /* Writer only: an account is being closed: what it may do for others, or they for it, ends. */
    Err (*shut)(Cx *cx, i64 account_id);
    /* Writer only: a consent of this unit is over; what it was about, '' and 0 for nothing. */
    Err (*consent_ended)(Cx *cx, i64 org_id, Str about, i64 about_id);
    /* ERR_OK while an account may act for another in the ops of this noun, else ERR_DENIED. */
    Err (*acting)(Cx *cx, i64 account_id, i64 for_id, Str noun);
    /* Writer only: what hangs on one account passes to another; counted. */
    Err (*hand_over)(Cx *cx, i64 from_id, i64 to_id, i64 *ret_count);
    /* What became of patents, or of achievements, with other needs than one: how often each was
     * claimed, met about or signed for, and how often it was not for them. At most RECORD_IDS_MAX
     * of them; id 0 has nothing. */
    Err (*outcomes)(Cx *cx, bool patents, const i64 *ids, size_t count, i64 but_need_id,
                    i64 *ret_good, i64 *ret_bad);
    /* Writer only: the holder of an account (0: nobody) has something to know: a kind of message
     * (notify), and the record that it is about. */
    Err (*tell)(Cx *cx, i64 account_id, const char *kind, const char *about, i64 about_id);
} HouseHooks;

/* The running program: all rooms, the writer, settings. cx->house points to it. */
typedef struct House {
    const Room *const *rooms;
    size_t room_count;
    Writer *writer;
    struct FactLog *facts;
    Str data_folder;
    Str store_url;
    struct CountMemo *counts; /* For count_rows; NULL: nothing is remembered. */
    struct MatchIndex *match; /* match/match.h; NULL until it is built. */
    struct Vectors *vectors;  /* match/match_embed.h; NULL: no helper, or no server runs. */
    struct OwnPlace *own;     /* match/match_helper.h; NULL: vectors are not learnt here. */
    const struct Settings *settings;
    HouseHooks hooks;
    struct BidEngine *bids; /* auction/bid_engine.h; the writer's thread alone, NULL until used. */
    struct OrgTree *orgs;   /* ident/ident.h; NULL: units are looked up each time. */
    struct SessionMemo *sessions; /* ident/session_memo.h; NULL: read each time. */
    struct AccessLog *accesses;   /* audit/audit.h; NULL: nobody listens. */
} House;

static inline House *house_of(Cx *cx)
{
    return (House *)cx->house;
}

/* Ends the process unless every op has a permission, a room.verb name of its own and sound input
 * rows, every record type and flow verifies, and every flow edge has its op, as dangerous as it. */
void house_verify(const House *house);

const Op *op_find(const House *house, Str name); /* NULL when absent. */
const RecordType *type_find(const House *house, Str name);
const Flow *flow_find(const House *house, Str name);
const CodeList *codes_find(const House *house, Str name);

/* True when the actor's roles allow the op at all (relations may still refuse on the record). Who
 * acts for another (Actor.for_id) has, beside what anybody may read, the ops of the matters that
 * were delegated and are neither signed nor agreed to by a second person. */
bool op_allowed(const Cx *cx, const Op *op);
/* True for an op that somebody may do for another: of a matter that can be delegated (the codes
 * `delegation_matter`), and neither signed nor agreed to by a second person. */
bool op_for_another(const House *house, const Op *op);
/* True for an op named by one of these nouns: "listing.file" by "need,listing". */
bool op_in_matters(Str matters, const Op *op);

/* Input from a form or flags (text by name) or from JSON. Unknown names are ERR_INPUT for JSON and
 * flags, ignored for forms. *ret_in is in cx->arena. Collects every field's error. */
typedef struct NameText {
    Str name;
    Str text;
} NameText;
NODISCARD Err op_read_texts(Cx *cx, const Op *op, const NameText *texts, size_t count, bool strict,
                            void **ret_in);
NODISCARD Err op_read_json(Cx *cx, const Op *op, const Val *body, void **ret_in);
/* The input as JSON text that op_read_json reads back; secrets are left out. In cx->arena. */
Str op_input_text(Cx *cx, const Op *op, const void *in);

/* Permission, input rules, prepare, then run: through the writer for OP_WRITE (waits), directly for
 * the others. The three ways in all end here. */
NODISCARD Err op_call(Cx *cx, const Op *op, void *in, Val **ret);
/* For a `run` that must keep what it wrote and yet say no (a counted wrong password): the change is
 * committed, and op_call returns this error. */
Err op_refuse(Cx *cx, Val **ret, Err code, const char *field, const char *key);
/* The same, looked up by name, for ops that are made of other ops. */
NODISCARD Err op_call_name(Cx *cx, const char *name, void *in, Val **ret);
/* The same with its input as JSON, for ops of other rooms: they know each other by names alone. */
NODISCARD Err op_call_json(Cx *cx, const char *name, const Val *body, Val **ret);

/* A write op once for each input, all queued at once, each its own savepoint: one that fails holds
 * up no other. *ret_errs[i] in cx->arena, code ERR_OK for those that went well. ERR_STORE, ERR_BUSY
 * when the store failed. */
NODISCARD Err op_call_each(Cx *cx, const char *name, void *const *ins, size_t count,
                           ErrInfo **ret_errs);

/* Without waiting: `job` lives with the request; `done` is called on the writer's thread. Only for
 * OP_WRITE, after op_check; op_answer then gives what op_call would have. */
typedef struct OpJob {
    WriteJob job;
    const Op *op;
    const void *in;
    Val *reply;
} OpJob;
NODISCARD Err op_check(Cx *cx, const Op *op, void *in); /* Permission, input, prepare. */
NODISCARD Err op_answer(Cx *cx, OpJob *job, Val **ret);
NODISCARD Err op_submit(Cx *cx, OpJob *job, const Op *op, const void *in, void (*done)(WriteJob *));

/* The whole error as JSON: {"error":{"code","key","field","message","args","fields":[...]}}. The
 * message comes from text_find. */
Val *err_val(Cx *cx);

/* The newest facts about a row, as a page shows them: at_ms, kind, label, via, amount, code. Names
 * of actors are added by ident (history_names). */
NODISCARD Err history_val(Cx *cx, const RecordType *type, i64 id, Val **ret);

/* What lists share: page number, size, order. */
/* A list's reply: items, total, page, pages, size. */
Val *list_val(Cx *cx, Val *items, i64 total, i64 page, i64 size);
i64 page_number(i64 asked); /* 1.. PAGE_MAX */
i64 page_size(i64 asked);   /* PAGE_SIZE when 0. */

/* One number of a counting statement, remembered until the next fact: a list asks for the same
 * total with every page. `sql` is a literal or kept. */
NODISCARD Err count_rows(Cx *cx, const char *sql, const Bind *binds, size_t count, i64 *ret);
/* In an arena of its own until count_memo_done. */
struct CountMemo *count_memo_new(void);
void count_memo_done(struct CountMemo *memo);

/* The level at which this actor sees a record of `owner_org`. The three administrators see no more
 * of it than the public. */
See see_level(Cx *cx, i64 owner_org, bool is_party);
/* The level at which he sees the published form of a record: there is nothing more in it. */
See see_published(Cx *cx);
/* Roles and relations of this actor to such a record: what flow_step asks for. */
unsigned who_of(Cx *cx, i64 owner_org, bool is_party);
/* The ids of a F_REFS input, at most `most` (ERR_LIMIT). ERR_INPUT when there is none. */
enum { REFS_MAX = 500 };
NODISCARD Err refs_read(Cx *cx, Str refs, const char *field, i64 **ret_ids, size_t *ret_count);
enum { PAGE_SIZE = 20, PAGE_SIZE_MAX = 200, PAGE_MAX = 100 * 1000 };

/* OpenAPI document of every op, and the permission matrix, from the rows. */
Val *op_openapi(Cx *cx);
/* {items: [{op, label, kind, who, roles, relations, asks}]}: `who` is roles and relations as one
 * text, `asks` what is asked beyond them (second, sign, two, agreed, local). */
Val *op_permissions(Cx *cx);
/* Sets who, roles and relations of a row. */
void permission_val(Cx *cx, Val *row, unsigned who);
/* Ends the process when a permission is empty: nothing may be asked for by nobody in particular.
 * `kind` and `name` say what it is of. */
void permit_verify(const char *kind, const char *name, unsigned who);

#endif
