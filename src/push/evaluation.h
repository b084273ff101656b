/* evaluation.h - what firms say of the patents they are pushed (企业评价), and what their owners
 * learn of it.
 *
 * Owns    the table evaluation.
 * Emits   evaluation.given, evaluation.again, evaluation.passed, evaluation.returned.
 *
 * A firm rates a pushed patent or achievement on one screen: prospects of industrialisation,
 * improvements wanted, will to cooperate, or why not (seed 004: 产业化前景、技术改进需求、产学研合作
 * 意愿). The intellectual property office of its city passes it on or sends it back (seed 004: 属地
 * 知识产权管理部门). The owner of the patent reads themes: counts, and terms that firms share, once
 * enough firms have spoken (setting evaluation_least); never a firm. Giving one is an answer to the
 * push, so that matching learns of it (match_outcomes).
 *
 *   evaluation.c          giving, passing on, lists      evaluation_themes.c  condensing
 */
#ifndef PUSH_EVALUATION_H
#define PUSH_EVALUATION_H

#include "command/command.h"

typedef struct Evaluation {
    RECORD_HEAD;
    i64 push_id; /* One for each push. */
    i64 org_id;  /* The firm. */
    i64 account_id;
    i64 patent_id; /* Of these one. */
    i64 achievement_id;
    Str prospects; /* evaluation_prospects */
    Str improve;   /* evaluation_improvements, several */
    Str will;      /* evaluation_wills */
    Str cause;     /* push_reasons: why there is no will. */
    i64 state;
    Str reason; /* Why it was returned. */
    i64 passed_ms;
    i64 passed_by;
} Evaluation;

enum { EVALUATION_GIVEN, EVALUATION_RETURNED, EVALUATION_PASSED };
enum { EVALUATIONS_AT_ONCE = 20, THEME_TERMS_MAX = 12 };

extern const RecordType evaluation_type;
extern const CodeList evaluation_prospects, evaluation_improvements, evaluation_wills;
extern const Flow evaluation_flow;
extern const Room evaluation_room;

#endif
