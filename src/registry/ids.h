/* ids.h - the numbers, codes, dates and lists of names that patents, units and people are known by.
 *
 * Pure: text in, value out; no store and no clock. Every reader takes what people really write
 * (full-width characters, prefixes, stray spaces, lower case) and hands out one canonical form, in
 * cx->arena. A reader fails with ERR_INPUT on `field` (which may be NULL); the message key says
 * what is wrong and how to mend it. Nothing is repaired silently: where a reader had to add
 * something, its result says so.
 */
#ifndef REGISTRY_IDS_H
#define REGISTRY_IDS_H

#include "base/base.h"
#include "ident/unit_codes.h"

typedef enum PatentType {
    PATENT_NONE,
    PATENT_INV, /* 发明 */
    PATENT_UM,  /* 实用新型 */
    PATENT_DES, /* 外观设计 */
} PatentType;

/* "INV", "UM", "DES"; "" for PATENT_NONE. */
const char *id_patent_type_name(PatentType type);

/* ---- Application numbers (申请号), ZC 0006-2003 ---- */

enum { APPNO_YEAR_MIN = 1985, APPNO_NEW_YEAR_MIN = 2003 };

typedef struct AppNo {
    Str text; /* Canonical: 8 or 12 digits, a dot, the check character. */
    int year; /* Of filing, four digits. */
    PatentType type;
    bool pct;         /* Entered the Chinese phase from an international application. */
    bool granted;     /* Written with ZL: somebody says it is a patent number. */
    bool check_added; /* The check character was missing and has been computed. */
} AppNo;

/* Check character of 8 or 12 ASCII digits: '0'..'9' or 'X'. */
char id_appno_check(const char *digits, size_t count);

/* Reads an application or patent number. `year_max` is the current year, four digits. */
NODISCARD Err id_appno_read(Cx *cx, const char *field, Str text, int year_max, AppNo *ret);

/* Forms of a canonical number: without the dot (pledge forms want it so), and as a patent number
 * (ZL...), which exists only after grant. */
Str id_appno_plain(Arena *arena, Str appno);
Str id_patent_no(Arena *arena, Str appno);

/* ---- Publication and grant numbers (文献号), ZC 0007-2012 and ZC 0008-2004 ---- */

typedef enum DocMeaning {
    DOC_PUBLISHED = 1,   /* 发明专利申请公布 */
    DOC_EXAMINED,        /* 审定公告, 1985 to 1992 */
    DOC_ANNOUNCED,       /* 实用新型、外观设计申请公告, 1985 to 1992 */
    DOC_GRANTED,         /* 授权公告 */
    DOC_FRONT_CORRECTED, /* 扉页更正 */
    DOC_TEXT_CORRECTED,  /* 全文更正 */
    DOC_PART_INVALID,    /* 部分无效宣告公告 */
    DOC_OTHER,           /* A kind digit that no table explains. */
} DocMeaning;

typedef struct DocNo {
    Str text; /* Canonical: CN, digits, kind: CN110007813A. */
    Str kind; /* A, B, C, U, Y, S, D, perhaps with one digit. */
    PatentType type;
    DocMeaning meaning;
    int year_from; /* When numbers of this form and kind were given out. */
    int year_to;   /* 0: still are. */
} DocNo;

/* Reads a document number; CN may be left out, the kind code may not. */
NODISCARD Err id_docno_read(Cx *cx, const char *field, Str text, DocNo *ret);
/* Message key of a meaning, "registry.doc_granted". */
const char *id_doc_meaning_key(DocMeaning meaning);

/* PCT/CN2019/123456, in capitals without spaces; until 2003 two digits of year and five more. */
NODISCARD Err id_pct_read(Cx *cx, const char *field, Str text, Str *ret);

/* ---- Classes ---- */

enum { IPC_LIST_MAX = 200 };

/* An IPC symbol: `H04L 29/06`. The version in brackets and a trailing I or N are dropped. */
NODISCARD Err id_ipc_read(Cx *cx, const char *field, Str text, Str *ret);
/* Classes as files hold them, separated by ; , | ?? blanks or line breaks, also full-width: IPC
 * symbols and Locarno classes, in order, each once. Empty text gives none. */
NODISCARD Err id_class_list_read(Cx *cx, const char *field, Str text, Str **ret, size_t *ret_count);
/* Sorts as the hierarchy does: H04L 29/06 gives H04L0029/06. `ipc` is canonical. */
Str id_ipc_key(Arena *arena, Str ipc);
/* A Locarno class: `01-01 (11)` gives `LOC(11) Cl. 01-01`; without an edition `LOC Cl. 01-01`. */
NODISCARD Err id_locarno_read(Cx *cx, const char *field, Str text, Str *ret);

/* ---- People; units are in ident/unit_codes.h ---- */

/* Resident ID (GB 11643-1999): check character, division, birthday up to `today_date` (0: any). The
 * number is never put into an error's arguments. */
NODISCARD Err id_resident_read(Cx *cx, const char *field, Str text, i64 today_date, Str *ret);
/* 0000-0002-1825-0097, with or without hyphens or https://orcid.org/. */
NODISCARD Err id_orcid_read(Cx *cx, const char *field, Str text, Str *ret);
enum { NAME_LIST_MAX = 500 };
/* Names separated by ; 、 , | ?? or line breaks (also full-width), but not inside brackets and not
 * before an ending such as `Ltd.`. Trimmed, in order, empty ones left out. */
NODISCARD Err id_names_read(Cx *cx, const char *field, Str text, Str **ret, size_t *ret_count);

/* ---- Days ---- */

typedef enum DateForm { DATE_WRITTEN, DATE_OR_SERIAL } DateForm;
/* A day as people write it: 2019.07.12, 2019-7-12, 2019/07/12, 2019年7月12日, 20190712, with a time
 * of day behind or not. DATE_OR_SERIAL also takes a spreadsheet's day number. Out: yyyymmdd. */
NODISCARD Err id_date_read(Cx *cx, const char *field, Str text, DateForm form, i64 *ret_date);

/* The day on which the term ends (Patent Law 42) when nothing extends it: 20 years from filing for
 * an invention, 10 for a utility model, 15 for a design filed from 2021-06-01, 10 for an older one.
 * 0 without a type or a day. */
i64 id_expiry_date(PatentType type, i64 filing_date);

#endif
