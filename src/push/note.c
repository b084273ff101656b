/* note.c - see note.h. */
#include "push/note.h"

#include "ident/ident.h"
#include "match/match_need.h"
#include "registry/registry.h"

// clang-format off
static const Field note_fields[] = {
    RECORD_HEAD_FIELDS(PairNote),
    {AT(PairNote, account_id),     F_REF,   "记录人",   "By",          FORM_OFF | INDEXED, SEE_OWNER, NULL, .ref = &account_type},
    {AT(PairNote, org_id),         F_REF,   "单位",     "Unit",        FORM_OFF, SEE_OWNER, NULL, .ref = &org_type},
    {AT(PairNote, need_id),        F_REF,   "需求",     "Need",        FORM_OFF, SEE_OWNER, NULL, .ref = &need_public_type},
    {AT(PairNote, patent_id),      F_REF,   "专利",     "Patent",      FORM_OFF, SEE_OWNER, NULL, .ref = &patent_type},
    {AT(PairNote, achievement_id), F_REF,   "成果",     "Achievement", FORM_OFF, SEE_OWNER, NULL, .ref = &achievement_type},
    {AT(PairNote, text),           F_PROSE, "记录",     "Note",        REQUIRED | PERSONAL, SEE_OWNER, NULL, .max = NOTE_CHARS},
    {AT(PairNote, again_date),     F_DATE,  "下次联系", "Call again on", 0, SEE_OWNER, NULL},
};
const RecordType pair_note_type = {"pair_note", "对接记录", "Note on a pair", sizeof(PairNote), note_fields, COUNT(note_fields), "org_id,again_date|need_id"};
// clang-format on

/* ---- Whose ---- */

static bool is_mine(const Cx *cx, const PairNote *note)
{
    return (cx->actor.account_id && note->account_id == cx->actor.account_id) ||
           (cx->actor.org_id && note->org_id == cx->actor.org_id);
}

/* ERR_MISSING for another unit's, as for none. */
static Err load_note(Cx *cx, i64 id, PairNote *ret)
{
    Err e = record_load(cx, &pair_note_type, id, ret);
    if (!e && !is_mine(cx, ret))
        e = err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                        str_from(cx->lang == LANG_EN ? pair_note_type.en : pair_note_type.zh));
    return e;
}

static Err check_date(Cx *cx, i64 again_date)
{
    bool over = again_date && again_date < time_date(clock_now_ms(cx->clock));
    return over ? err_set(cx, ERR_INPUT, "again_date", "note.date_over") : ERR_OK;
}

static Val *id_val(Cx *cx, i64 id)
{
    Val *val = val_map(cx->arena);
    val_set_int(cx->arena, val, "id", id);
    return val;
}

/* ---- note.add ---- */

typedef struct AddIn {
    i64 need_id;
    i64 patent_id;
    i64 achievement_id;
    Str text;
    i64 again_date;
} AddIn;

static Err item_there(Cx *cx, const AddIn *in)
{
    if (in->patent_id) {
        Patent patent;
        return record_load(cx, &patent_type, in->patent_id, &patent);
    }
    Achievement achievement;
    return record_load(cx, &achievement_type, in->achievement_id, &achievement);
}

/* As many as one need can have of one unit. */
static Err check_count(Cx *cx, i64 need_id)
{
    i64 count = 0;
    Err e =
        DB_INT(cx, &count, 0, "SELECT COUNT(*) FROM pair_note WHERE need_id = ?1 AND org_id = ?2",
               BIND_INT(need_id), BIND_INT(cx->actor.org_id));
    return e || count < NOTES_OF_PAIR ? e
                                      : err_set_arg(cx, ERR_LIMIT, NULL, "note.too_many",
                                                    str_format(cx->arena, "%d", NOTES_OF_PAIR));
}

static Err add_run(Cx *cx, const void *arg, Val **ret)
{
    const AddIn *in = arg;
    NeedSeen seen;
    if (!in->patent_id == !in->achievement_id)
        return err_set(cx, ERR_INPUT, "patent_id", "push.one_item");
    Err e = check_date(cx, in->again_date);
    if (!e)
        e = match_need_read(cx, in->need_id, &seen);
    if (!e)
        e = item_there(cx, in);
    if (!e)
        e = check_count(cx, in->need_id);
    PairNote note = {.account_id = cx->actor.account_id,
                     .org_id = cx->actor.org_id,
                     .need_id = in->need_id,
                     .patent_id = in->patent_id,
                     .achievement_id = in->achievement_id,
                     .text = in->text,
                     .again_date = in->again_date};
    if (!e)
        e = fact_create(cx, &pair_note_type, &note,
                        (FactNote){.kind = "pair_note.added", .other_id = note.need_id});
    if (!e)
        *ret = id_val(cx, note.id);
    return e;
}

/* ---- note.again, note.remove ---- */

typedef struct AgainIn {
    i64 id;
    i64 again_date;
} AgainIn;

/* Whoever of the unit has called may say so. */
static Err again_run(Cx *cx, const void *arg, Val **ret)
{
    const AgainIn *in = arg;
    PairNote note = {0};
    Err e = load_note(cx, in->id, &note);
    if (!e)
        e = check_date(cx, in->again_date);
    note.again_date = in->again_date;
    if (!e)
        e = fact_change(cx, &pair_note_type, &note,
                        (FactNote){.kind = "pair_note.again", .other_id = note.need_id});
    if (!e)
        *ret = id_val(cx, note.id);
    return e;
}

typedef struct IdIn {
    i64 id;
} IdIn;

static Err remove_run(Cx *cx, const void *arg, Val **ret)
{
    PairNote note = {0};
    Err e = load_note(cx, ((const IdIn *)arg)->id, &note);
    if (!e && note.account_id != cx->actor.account_id)
        e = err_set(cx, ERR_DENIED, NULL, "note.not_yours");
    if (!e)
        e = fact_remove(cx, &pair_note_type, note.id,
                        (FactNote){.kind = "pair_note.removed", .other_id = note.need_id});
    if (!e)
        *ret = id_val(cx, note.id);
    return e;
}

/* ---- note.list ---- */

typedef struct ListIn {
    i64 need_id;
    i64 due; /* Only those with a day to call again, the next first. */
    i64 page;
} ListIn;

static Err title_of(Cx *cx, const char *sql, i64 id, Str *ret)
{
    Rows rows;
    Bind bind = BIND_INT(id);
    Err e = db_query(cx, &rows, sql, &bind, 1);
    if (e)
        return e;
    *ret = rows_next(&rows) ? rows_str_copy(&rows, 0) : S("");
    return rows_end(&rows);
}

/* With the titles that everybody may read; '' for what is published no more. */
static Err note_val(Cx *cx, const PairNote *note, i64 today_date, Val **ret)
{
    Str need, item, name;
    Err e = title_of(cx, "SELECT title FROM need_public WHERE id = ?1", note->need_id, &need);
    if (!e)
        e = note->patent_id
                ? title_of(cx, "SELECT title FROM patent WHERE id = ?1", note->patent_id, &item)
                : title_of(cx, "SELECT title FROM achievement WHERE id = ?1", note->achievement_id,
                           &item);
    if (!e)
        e = account_name(cx, note->account_id, &name);
    if (e)
        return e;
    Val *row = record_val(cx, &pair_note_type, note, SEE_OWNER);
    val_set_str(cx->arena, row, "need_title", need);
    val_set_str(cx->arena, row, "item_title", item);
    val_set_str(cx->arena, row, "by", name);
    val_set_bool(cx->arena, row, "mine", note->account_id == cx->actor.account_id);
    val_set_bool(cx->arena, row, "is_due", note->again_date && note->again_date <= today_date);
    *ret = row;
    return ERR_OK;
}

#define MINE "WHERE (account_id = ?1 OR (org_id = ?2 AND org_id > 0)) AND (?3 = 0 OR need_id = ?3)"
#define DUE  " AND again_date > 0"

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    const ListIn *in = arg;
    i64 page = page_number(in->page), total = 0;
    i64 today_date = time_date(clock_now_ms(cx->clock));
    PairNote *notes = ARENA_NEW(cx->arena, PairNote, PAGE_SIZE);
    size_t count = 0;
    Rows rows;
    Val *items = val_list(cx->arena);
    const Bind binds[] = {BIND_INT(cx->actor.account_id ? cx->actor.account_id : -1),
                          BIND_INT(cx->actor.org_id), BIND_INT(in->need_id), BIND_INT(PAGE_SIZE),
                          BIND_INT((page - 1) * PAGE_SIZE)};
    Err e = db_int(cx,
                   in->due ? "SELECT COUNT(*) FROM pair_note " MINE DUE
                           : "SELECT COUNT(*) FROM pair_note " MINE,
                   binds, 3, 0, &total);
    if (!e)
        e = record_query(cx, &pair_note_type, &rows,
                         in->due ? MINE DUE " ORDER BY again_date, id LIMIT ?4 OFFSET ?5"
                                 : MINE " ORDER BY id DESC LIMIT ?4 OFFSET ?5",
                         binds, COUNT(binds));
    if (e)
        return e;
    while (count < PAGE_SIZE && rows_next(&rows))
        record_read_row(cx, &pair_note_type, &rows, &notes[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        Val *row;
        e = note_val(cx, &notes[i], today_date, &row);
        if (!e)
            val_push(cx->arena, items, row);
    }
    if (!e)
        *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return e;
}

// clang-format off
static const Field add_in[] = {
    {AT(AddIn, need_id),        F_REF,   "需求", "Need",        REQUIRED, SEE_PUBLIC, NULL, .ref = &need_public_type},
    {AT(AddIn, patent_id),      F_REF,   "专利", "Patent",      0, SEE_PUBLIC, NULL, .ref = &patent_type},
    {AT(AddIn, achievement_id), F_REF,   "成果", "Achievement", 0, SEE_PUBLIC, NULL, .ref = &achievement_type},
    {AT(AddIn, text),           F_PROSE, "记录", "Note",        REQUIRED | PERSONAL, SEE_PUBLIC, NULL, .max = NOTE_CHARS, .help_zh = "只有您和本单位的技术经理人、经办人看得到", .help_en = "Read by you and the managers and operators of your unit alone"},
    {AT(AddIn, again_date),     F_DATE,  "下次联系", "Call again on", 0, SEE_PUBLIC, NULL, .help_zh = "到时列在工作台最前", .help_en = "It then stands first on the workbench"},
};
static const Field again_in[] = {
    {AT(AgainIn, id),         F_REF,  "对接记录", "Note", REQUIRED, SEE_PUBLIC, NULL, .ref = &pair_note_type},
    {AT(AgainIn, again_date), F_DATE, "下次联系", "Call again on", 0, SEE_PUBLIC, NULL, .help_zh = "留空则不再提醒", .help_en = "Empty: no more"},
};
static const Field id_in[] = {
    {AT(IdIn, id), F_REF, "对接记录", "Note", REQUIRED, SEE_PUBLIC, NULL, .ref = &pair_note_type},
};
static const Field list_in[] = {
    {AT(ListIn, need_id), F_REF,  "需求", "Need", 0, SEE_PUBLIC, NULL, .ref = &need_public_type},
    {AT(ListIn, due),     F_BOOL, "仅看待联系", "To call again only", 0, SEE_PUBLIC, NULL},
    {AT(ListIn, page),    F_INT,  "页",   "Page", 0, SEE_PUBLIC, NULL},
};

#define WRITERS (WHO_MANAGER | WHO_OPERATOR)

static const Op ops[] = {
    {"note.add",    "添加对接记录", "Add a note",     OP_WRITE, 0, WRITERS, OP_IN(AddIn, add_in), NULL, add_run, NULL, NULL},
    {"note.again",  "改下次联系日", "Call again on",  OP_WRITE, 0, WRITERS, OP_IN(AgainIn, again_in), NULL, again_run, NULL, NULL},
    {"note.remove", "删除记录",     "Remove the note", OP_WRITE, OP_DANGER, WRITERS, OP_IN(IdIn, id_in), NULL, remove_run, NULL, NULL},
    {"note.list",   "对接记录",     "Notes",          OP_READ,  0, WRITERS, OP_IN(ListIn, list_in), NULL, list_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&pair_note_type};

const Room note_room = {
    .name = "note", .types = types, .type_count = COUNT(types), .ops = ops, .op_count = COUNT(ops)};
