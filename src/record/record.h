/* record.h - a record type is declared once, as a C struct and a table of rows that point into it.
 *
 * From the one table come the SQL columns, the form, its validation, the import and export columns
 * with the headers people use for them, the JSON property, who may see it, the search weight and
 * the labels in Chinese and English. Rules read plain members; generic code reads rows.
 *
 * A member is one of two C types: Str for text, i64 for everything else. Absent is '' or 0.
 * The input of a command (command/command.h) is declared with the same rows.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "base/base.h"
#include "record/shown.h"
#include "store/store.h"

typedef enum FieldKind {
    F_TEXT,   /* Str, one line. */
    F_PROSE,  /* Str, paragraphs. */
    F_CODE,   /* Str, one code of field->codes. */
    F_CODES,  /* Str, codes of field->codes with commas between. */
    F_LIST,   /* Str, entries with ';' between: inventors, IPC symbols. */
    F_SECRET, /* Str, a password: never stored, shown, logged or sent back. Only in commands. */
    F_INT,    /* i64 */
    F_MONEY,  /* i64 fen; named _fen. */
    F_DATE,   /* i64 yyyymmdd; named _date. */
    F_TIME,   /* i64 ms UTC; named _ms. */
    F_BOOL,   /* i64 0 or 1. */
    F_REF,    /* i64 id of a record of field->ref; named _id. */
    F_REFS,   /* Str, ids with commas between. Only in commands: the rows chosen in a list. */
    F_STATE,  /* i64 state of field->flow; only the flow engine moves it. */
} FieldKind;

/* Who may see a field. A reader has one level for one record (See); he sees fields up to it. */
typedef enum See {
    SEE_PUBLIC,   /* Everybody. */
    SEE_SIGNED,   /* Anybody signed in. */
    SEE_PARTY,    /* The other side of a match or deal. */
    SEE_OWNER,    /* The unit that owns the record. */
    SEE_OPERATOR, /* The exchange's operator. */
    SEE_NOBODY,   /* Never leaves the store: password hashes, salts. */
    SEE_CHOICE,   /* As SEE_PUBLIC, unless the owner listed the field in the record's `hidden`: then
                     SEE_PARTY. */
} See;

enum {
    /* Flags. */
    REQUIRED = 1 << 0, /* Asked when the record is submitted, not whenever an old one is saved. */
    INDEXED = 1 << 1,  /* An SQL index. */
    UNIQUE = 1 << 2,   /* A unique index over those that are not empty. */
    PERSONAL = 1 << 3, /* About a person: masked by default, kept out of facts. */
    FORM_OFF = 1 << 4, /* Not in forms: set by commands. */
    IMPORTED = 1 << 5, /* A column of spreadsheets in and out. */
    LISTED = 1 << 6,   /* Read for lists: shown there, or needed to know who may see the rest. */
    SEARCH_1 = 1 << 8, /* Weight of its words in search: 1, 3 or 5. */
    SEARCH_3 = 1 << 9,
    SEARCH_5 = 1 << 10,
    PASSAGES = 1 << 11, /* Its owner may keep passages to himself: [[so]]; below SEE_PARTY they are
                           ■■■ wherever the value goes. */
};

typedef struct Code {
    const char *code; /* Stored and sent; never renamed. */
    const char *zh;
    const char *en;
} Code;

typedef struct CodeList {
    const char *name;
    const Code *codes;
    size_t count;
} CodeList;

#define CODE_LIST(list_name, rows)                                                                 \
    {                                                                                              \
        .name = (list_name), .codes = (rows), .count = COUNT(rows)                                 \
    }

typedef struct Field Field;
typedef struct RecordType RecordType;
struct Flow;

/* Further check of a value that has the right kind. Sets the error on field->name. Pure. */
typedef Err (*FieldRule)(Cx *cx, const Field *field, const void *member);

struct Field {
    const char *name; /* Column, JSON property and form input. */
    size_t offset;
    FieldKind kind;
    const char *zh;
    const char *en;
    unsigned flags;
    See see;
    FieldRule rule; /* NULL: the kind's own check is enough. */
    /* Named below here, where needed. */
    const CodeList *codes;   /* F_CODE, F_CODES. */
    const RecordType *ref;   /* F_REF. */
    const struct Flow *flow; /* F_STATE. */
    const char *headers; /* Further headers people use, with | between: "名称|专利名称|title". */
    const char *help_zh; /* Beside the input. */
    const char *help_en;
    const char *group_zh; /* Heading of the part of a form that begins with this field. */
    const char *group_en;
    i64 min, max; /* Code points of text, or the number; 0,0: the kind's default. */
};

#define AT(Type, member) #member, offsetof(Type, member)

struct RecordType {
    const char *name; /* Table and JSON name. */
    const char *zh;
    const char *en;
    size_t size;         /* sizeof the struct. */
    const Field *fields; /* First those of RECORD_HEAD_FIELDS. */
    size_t count;
    const char *indexes;               /* Further indexes: "org_id,state|kind,state". NULL: none. */
    const struct Published *published; /* record/published.h; NULL: the row itself is shown. */
};

/* Every record begins with these. */
#define RECORD_HEAD                                                                                \
    i64 id;  /* 1.. within its table; 0 while not saved. */                                        \
    i64 rev; /* Grows by one with every change. */                                                 \
    i64 made_ms;                                                                                   \
    i64 changed_ms

#define RECORD_HEAD_FIELDS(Type)                                                                   \
    {AT(Type, id), F_INT, "编号", "No.", FORM_OFF, SEE_PUBLIC, NULL},                              \
        {AT(Type, rev), F_INT, "版本", "Revision", FORM_OFF, SEE_PUBLIC, NULL},                    \
        {AT(Type, made_ms), F_TIME, "建立时间", "Made", FORM_OFF, SEE_SIGNED, NULL},               \
    {                                                                                              \
        AT(Type, changed_ms), F_TIME, "更新时间", "Changed", FORM_OFF, SEE_SIGNED, NULL            \
    }

enum { TEXT_LEN_MAX = 500, PROSE_LEN_MAX = 20 * 1000, FIELDS_MAX = 64 };

/* A member read or written through its row. */
bool field_is_text(const Field *field);
Str field_str(const Field *field, const void *record);
i64 field_int(const Field *field, const void *record);
void field_set_str(const Field *field, void *record, Str s);
void field_set_int(const Field *field, void *record, i64 i);
bool field_empty(const Field *field, const void *record);
const Field *record_field(const RecordType *type, const char *name); /* NULL when absent. */
const Field *fields_find(const Field *fields, size_t count, Str name);
const Code *code_find(const CodeList *list, Str code); /* NULL when absent. */
const char *field_label(const Field *field, Lang lang);

/* What a person or a machine gave for one field, read by the field's kind into the record: amounts
 * with 万, dates in any usual form, codes by code or label. ERR_INPUT on the field. */
NODISCARD Err field_read(Cx *cx, const Field *field, Str text, void *record);
/* The same from JSON: numbers, booleans and lists too. */
NODISCARD Err field_read_val(Cx *cx, const Field *field, const Val *val, void *record);
/* What field_read reads back: for forms and files. In cx->arena. */
Str field_text(Cx *cx, const Field *field, const void *record);

typedef enum CheckTime { CHECK_SAVE, CHECK_SUBMIT } CheckTime;

/* Runs kind limits and rules of every field, collecting every error (err_collect). CHECK_SUBMIT
 * also asks REQUIRED. ERR_INPUT when there is any. */
NODISCARD Err fields_check(Cx *cx, const Field *fields, size_t count, const void *record,
                           CheckTime when);

/* A value about a person, masked: 138****1234, 张*, z***@example.cn (domain.md 8.1). In `arena`. */
Str mask_personal(Arena *arena, Str value);

/* JSON of a record for a reader of this level: fields above it are left out and named in "_hidden".
 * PERSONAL ones are masked for all but the unit that gave them (SEE_OWNER) and named in "_masked":
 * record.reveal shows one in full, and the access log says so. Counts into cx->shown. */
Val *record_val(Cx *cx, const RecordType *type, const void *record, See level);
/* The same in memory: members that the level may not see are emptied; returns a bit per field. */
u64 record_mask(Arena *arena, const RecordType *type, void *record, See level);
/* A text as the public may have it: a passage in [[ ]] is ■■■, one never closed hides the rest. */
Str passages_hidden(Arena *arena, Str text);
/* Rule of a field with PASSAGES: every [[ has its ]]. ERR_INPUT. */
Err rule_passages(Cx *cx, const Field *field, const void *member);
/* Level at which a field of this record is seen (SEE_CHOICE resolved). */
See field_see(const RecordType *type, const Field *field, const void *record);

/* Rows. In these, `record` is a pointer to a struct of type->size bytes. Text is in cx->arena. */
NODISCARD Err record_load(Cx *cx, const RecordType *type, i64 id,
                          void *ret_record); /* ERR_MISSING */
/* The rows of several ids, into an array of structs of type->size bytes in the order of the ids.
 * The struct of an id that is 0, or that no row has, stays as it is. */
NODISCARD Err record_load_all(Cx *cx, const RecordType *type, const i64 *ids, size_t count,
                              void *ret_records);
/* For a statement that asks for RECORD_IDS_MAX ids at once: `id IN (" RECORD_IDS ")`. */
#define RECORD_IDS                                                                                 \
    "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20"
enum { RECORD_IDS_MAX = 20 };
/* The first RECORD_IDS_MAX of the ids, or all, as values of such a statement; -1 for one that is 0,
 * or missing. False when they are all 0, so that there is nothing to ask. */
bool record_ids_bind(const i64 *ids, size_t count, Bind binds[RECORD_IDS_MAX]);
/* "SELECT <all columns> FROM <table> t " + tail, as one kept statement: tail from `WHERE` on, a
 * literal (it is told from others by its place in memory). */
NODISCARD Err record_find(Cx *cx, const RecordType *type, void *ret_record, const char *tail,
                          const Bind *binds, size_t count); /* First row; ERR_MISSING. */
/* A look-up by a UNIQUE column must say `AND column <> ''`: its index holds no empty ones. */
#define RECORD_FIND(cx, type, ret, tail, ...)                                                      \
    record_find((cx), (type), (ret), (tail), (const Bind[]){__VA_ARGS__},                          \
                COUNT(((const Bind[]){__VA_ARGS__})))
NODISCARD Err record_query(Cx *cx, const RecordType *type, Rows *rows, const char *tail,
                           const Bind *binds, size_t count);
#define RECORD_QUERY(cx, type, rows, tail, ...)                                                    \
    record_query((cx), (type), (rows), (tail), (const Bind[]){__VA_ARGS__},                        \
                 COUNT(((const Bind[]){__VA_ARGS__})))
void record_read_row(Cx *cx, const RecordType *type, Rows *rows, void *ret_record);
/* The type with only those fields that the store has columns for; none when it has no such table.
 * For looking at a store that an older program made. In cx->arena, so not for record_query, which
 * keeps its statements by type: record_select gives the text of one, whose rows record_read_row
 * reads. Members without a column stay as they are. */
NODISCARD Err record_stored(Cx *cx, const RecordType *type, RecordType *ret);
/* The type with only the fields of its head and those that are LISTED: what a list shows is less to
 * read and to send. Used as the one of record_stored. */
void record_listed(Arena *arena, const RecordType *type, RecordType *ret);
/* "SELECT <columns> FROM <table> t " + tail, kept. */
const char *record_select(Cx *cx, const RecordType *type, const char *tail);

/* Used by fact/ alone, so that no row changes without a fact. */
NODISCARD Err record_insert(Cx *cx, const RecordType *type,
                            void *record); /* id given by the caller. */
NODISCARD Err record_update(Cx *cx, const RecordType *type,
                            void *record); /* rev+1; ERR_CONFLICT if it moved. */
NODISCARD Err record_delete(Cx *cx, const RecordType *type, i64 id);

/* The bytes a row's digest is over: name and value of every field that is not empty, with lengths.
 * rev and changed_ms included, so a touched row shows; an added empty column changes no digest. */
void record_canonical(const RecordType *type, const void *record, Buf *out);

/* Makes missing tables, columns and indexes; never drops any. Inside a transaction. */
NODISCARD Err record_migrate(Cx *cx, const RecordType *const *types, size_t count);

/* Ends the process unless the table makes sense: head first, names unique, codes given, offsets
 * inside. */
void record_verify(const RecordType *type);

#endif
